import type { Arch, Configuration } from 'app-builder-lib';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '..', '..');
const target = '/packed';

/*
 * electron-builder's own code for choosing files, without the Electron binary that a real packing needs. These modules
 * are internal to it; a new version may move them, and then the test that uses this fails.
 */
interface FileSet {
  readonly files: readonly string[];
  readonly metadata: ReadonlyMap<string, { isFile(): boolean }>;
}
type Matcher = object;
type Expand = (pattern: string) => string;
interface Packager {
  validateConfig(): Promise<void>;
  readonly config: Configuration;
  _appInfo: object;
}
interface MacPackager {
  readonly platformSpecificBuildOptions: object;
  expandMacro(pattern: string, arch: string, extra: object, isProductNameSanitized: boolean): string;
}
interface Internals {
  readonly Packager: new (options: object) => Packager;
  readonly MacPackager: new (packager: Packager) => MacPackager;
  readonly AppInfo: new (packager: Packager, version: null) => object;
  getMainFileMatchers(from: string, to: string, expand: Expand, options: object, packager: MacPackager, outDir: string, compile: boolean): Matcher[];
  getNodeModuleFileMatcher(from: string, to: string, expand: Expand, options: object, packager: Packager): Matcher;
  computeFileSets(matchers: readonly Matcher[], transformer: null, packager: MacPackager, compile: boolean): Promise<FileSet[]>;
  computeNodeModuleFileSets(packager: MacPackager, matcher: Matcher): Promise<FileSet[]>;
}

const internals = Object.assign(
  {},
  ...['packager', 'macPackager', 'appInfo', 'fileMatcher', 'util/appFileCopier'].map((name) => require(`app-builder-lib/out/${name}.js`) as object),
) as Internals;

/** The configuration of electron-builder.yml, judged by electron-builder's own schema. Rejects with what is wrong. */
export async function readConfiguration(): Promise<Configuration> {
  return (await openPackager()).config;
}

/** Paths of the files that electron-builder puts into the application for a Mac with this processor, from the project's folder on. */
export async function packedFiles(arch: keyof typeof Arch & ('arm64' | 'x64')): Promise<readonly string[]> {
  const packager = await openPackager();
  packager._appInfo = new internals.AppInfo(packager, null);
  const mac = new internals.MacPackager(packager);
  const expand: Expand = (pattern) => mac.expandMacro(pattern, arch, {}, false);
  const options = mac.platformSpecificBuildOptions;
  const own = internals.getMainFileMatchers(root, target, expand, options, mac, join(root, 'out'), false);
  const modules = internals.getNodeModuleFileMatcher(root, target, expand, options, packager);
  const sets = [...(await internals.computeFileSets(own, null, mac, false)), ...(await internals.computeNodeModuleFileSets(mac, modules))];
  const files = sets.flatMap(({ files: paths, metadata }) => paths.filter((path) => metadata.get(path)?.isFile() === true));
  return files.map((path) => relative(root, path).replaceAll('\\', '/')).sort();
}

async function openPackager(): Promise<Packager> {
  const packager = new internals.Packager({ projectDir: root, mac: ['dir'] });
  await packager.validateConfig();
  return packager;
}
