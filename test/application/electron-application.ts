import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { _electron as electron, type ElectronApplication } from 'playwright';
import type { Command, Observation } from '../support/electron-stand-in/controls.ts';
import type { DesktopApplication, StartOptions } from './desktop-application.ts';

const checkout = join(import.meta.dirname, '..', '..');

/** What the recorder below keeps inside the application's main process. */
interface Recorder {
  tray: Electron.Tray | undefined;
  image: string;
  tooltip: string;
  title: string;
  menu: Electron.Menu | undefined;
  readonly notifications: Set<Electron.Notification>;
  readonly questions: { readonly message: string; readonly answer: (button: number) => void }[];
  readonly opened: string[];
  readonly relaunches: string[][];
  readonly blockers: Set<number>;
}

/** Starts the built application on a real Electron. */
export function startOnElectron(executablePath: string): (options: StartOptions) => Promise<DesktopApplication> {
  const held = new Set<string>();
  return async ({ env, dataFolder, args = [], root = checkout }) => {
    // Chromium refuses its sandbox to root, which is who runs tests in a container.
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const options = { args: [...sandbox, `--user-data-dir=${dataFolder}`, root, ...args], cwd: root, env: { ...definedOnly(process.env), ...env } };
    if (held.has(dataFolder)) return launchAgain(executablePath, options);
    held.add(dataFolder);
    const application = await electron.launch({ executablePath, ...options });
    const child = application.process();
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const exited = new Promise<number | null>((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode)));
    void exited.then(() => held.delete(dataFolder));
    await record(application);
    return {
      pid: child.pid ?? 0,
      window: async () => application.windows().find((page) => !page.isClosed()) ?? application.firstWindow(),
      act: (command) => perform(application, command),
      exited,
      output: () => output,
      kill: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  };
}

/** A second launch ends by itself, before Playwright could get hold of it. */
function launchAgain(executablePath: string, { args, cwd, env }: { readonly args: readonly string[]; readonly cwd: string; readonly env: Record<string, string> }): DesktopApplication {
  const child = spawn(executablePath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const never = (): Promise<never> => Promise.reject(new Error('a second launch has no window and no tray of its own'));
  return { pid: child.pid ?? 0, window: never, act: never, exited, output: () => output, kill: async () => void (child.kill('SIGKILL'), await exited) };
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Listens in at the parts of Electron that cannot be asked what they show. */
async function record(application: ElectronApplication): Promise<void> {
  await application.evaluate(({ app, dialog, nativeImage, Notification, powerSaveBlocker, shell, Tray }) => {
    const recorder: Recorder = { tray: undefined, image: '', tooltip: '', title: '', menu: undefined, notifications: new Set(), questions: [], opened: [], relaunches: [], blockers: new Set() };
    Object.assign(globalThis, { recorder });
    const names = ['connected', 'reconnecting', 'reset-window'].map((name) => `${name}Template`);
    const urls = new Map(names.map((name) => [nativeImage.createFromPath(`${app.getAppPath()}/assets/tray/${name}.png`).toDataURL(), name]));
    const { setImage, setToolTip, setTitle } = Tray.prototype;
    Tray.prototype.setImage = function (image) {
      recorder.tray = this;
      recorder.image = typeof image === 'string' ? image : (urls.get(image.toDataURL()) ?? '');
      setImage.call(this, image);
    };
    Tray.prototype.setToolTip = function (text) {
      recorder.tray = this;
      recorder.tooltip = text;
      setToolTip.call(this, text);
    };
    Tray.prototype.setTitle = function (text, options) {
      recorder.tray = this;
      recorder.title = text;
      // Elsewhere than on macOS there is no title, and no such method.
      setTitle?.call(this, text, options);
    };
    // An open menu would wait for a person.
    Tray.prototype.popUpContextMenu = (menu) => void (recorder.menu = menu);
    Notification.prototype.show = function () {
      recorder.notifications.add(this);
    };
    Notification.prototype.close = function () {
      recorder.notifications.delete(this);
    };
    dialog.showMessageBox = ((options: Electron.MessageBoxOptions) =>
      new Promise((resolve) => {
        recorder.questions.push({ message: options.message, answer: (response) => resolve({ response, checkboxChecked: false }) });
      })) as typeof dialog.showMessageBox;
    shell.openExternal = (url) => (recorder.opened.push(url), Promise.resolve());
    app.relaunch = (options) => void recorder.relaunches.push(options?.args ?? []);
    const { start, stop } = powerSaveBlocker;
    powerSaveBlocker.start = (kind) => {
      const id = start.call(powerSaveBlocker, kind);
      recorder.blockers.add(id);
      return id;
    };
    powerSaveBlocker.stop = (id) => {
      recorder.blockers.delete(id);
      return stop.call(powerSaveBlocker, id);
    };
  });
}

function perform(application: ElectronApplication, command: Command): Promise<Observation> {
  return application.evaluate(({ BrowserWindow, Menu, powerMonitor }, asked): Observation => {
    const { recorder } = globalThis as unknown as { readonly recorder: Recorder };
    const [window] = BrowserWindow.getAllWindows();
    const act: { readonly [Kind in Command['kind']]: () => unknown } = {
      look: () => undefined,
      'click-tray': () => recorder.tray?.emit('click'),
      'open-tray-menu': () => recorder.tray?.emit('right-click'),
      'click-menu': () => recorder.menu?.items.find(({ label }) => asked.kind === 'click-menu' && label === asked.label)?.click(),
      'close-window': () => window?.close(),
      'minimize-window': () => window?.minimize(),
      'blur-window': () => window?.blur(),
      'crash-window': () => window?.webContents.forcefullyCrashRenderer(),
      'answer-question': () => recorder.questions.shift()?.answer(asked.kind === 'answer-question' ? asked.button : 0),
      'click-notification': () => [...recorder.notifications][0]?.emit('click'),
      power: () => asked.kind === 'power' && powerMonitor.emit(asked.event),
    };
    act[asked.kind]();
    const items = recorder.menu?.items ?? [];
    return {
      tray:
        recorder.tray === undefined
          ? null
          : {
              image: recorder.image,
              tooltip: recorder.tooltip,
              title: recorder.title,
              menu: items.map(({ type, label, enabled, checked }) => ({ label: type === 'separator' ? '-' : label, enabled, checked })),
            },
      window:
        window === undefined
          ? null
          : { visible: window.isVisible() && !window.isMinimized(), focused: window.isFocused(), url: window.webContents.getURL(), crashed: window.webContents.isCrashed() },
      notifications: [...recorder.notifications].map(({ title, body }) => ({ title, body })),
      questions: recorder.questions.map(({ message }) => message),
      blocksPowerSave: recorder.blockers.size > 0,
      opened: recorder.opened,
      relaunches: recorder.relaunches,
      strayRequests: [],
      deniedWindows: [],
      applicationMenuRoles: Menu.getApplicationMenu()?.items.flatMap(({ role }) => role ?? []) ?? [],
    };
  }, command);
}
