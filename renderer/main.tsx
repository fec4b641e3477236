import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { BridgeApi } from '../preload/contract.ts';
import { App } from './app.tsx';
import { LiveProvider } from './live/live-context.tsx';
import { linkDirectly, type LinkedBridge } from './live/link.ts';
import { startLive } from './live/live.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/dashboard.css';
import './styles/chart.css';
import './styles/lists.css';
import './styles/dialogs.css';

declare global {
  interface Window {
    /** Built by the preload; absent in a browser, where the daemon's dashboard is reached over HTTP. */
    readonly bridge?: BridgeApi;
  }
}

async function findBridge(): Promise<LinkedBridge> {
  if (window.bridge !== undefined) return linkDirectly(window.bridge);
  const { openHttpBridge } = await import('./http-bridge.ts');
  return openHttpBridge();
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const live = startLive(await findBridge());
createRoot(root).render(
  <StrictMode>
    <LiveProvider value={live}>
      <App />
    </LiveProvider>
  </StrictMode>,
);
