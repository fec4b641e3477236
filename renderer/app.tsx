import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Dashboard } from './dashboard.tsx';
import { FirstRun } from './first-run/first-run.tsx';
import { StateAnnouncer, useConnectionView } from './header/header.tsx';
import { useHost, useLink, useLive } from './live/live-context.tsx';
import { SettingsDialog } from './settings/settings-dialog.tsx';
import { useSettingsRequest } from './settings/use-settings-request.ts';
import { Waiting } from './waiting.tsx';

/** The window: waiting for the bridge, the first run, or the dashboard with Settings above it. */
export function App() {
  const { heard } = useLive();
  const now = useSyncExternalStore(heard.subscribe, () => heard.get().kind);
  const failure = useSyncExternalStore(heard.subscribe, () => {
    const last = heard.get();
    return last.kind === 'failed' ? last.message : null;
  });
  const link = useLink();
  if (now !== 'heard') return <Waiting problem={link.kind === 'open' ? failure : link.reason} retryable={link.kind !== 'refused'} />;
  return <Window />;
}

function Window() {
  const host = useHost();
  const [introduced, setIntroduced] = useState(false);
  const [settings, setSettings] = useState(false);
  const [saved, setSaved] = useState(false);
  const openSettings = useCallback(() => setSettings(true), []);
  useSettingsRequest(openSettings);
  const view = useConnectionView();
  useEffect(() => {
    document.title = `${view.word} · IBKR Trading Bridge`;
  }, [view.word]);
  useEffect(() => {
    if (!saved) return;
    const timer = setTimeout(() => setSaved(false), 4000);
    return () => clearTimeout(timer);
  }, [saved]);
  if (host.firstRun && !introduced) return <FirstRun onDone={() => setIntroduced(true)} />;
  return (
    <>
      <StateAnnouncer />
      <Dashboard onSettings={openSettings} />
      {settings && (
        <SettingsDialog
          onClose={() => setSettings(false)}
          onSaved={() => {
            setSettings(false);
            setSaved(true);
          }}
        />
      )}
      <p className="toast" role="status" data-shown={saved}>
        {saved ? 'Settings saved; they are in effect.' : ''}
      </p>
    </>
  );
}
