import { test } from 'node:test';
import { spoilEnvironment, spoilPortal, spoilSettingsFile } from './hostile-documents.ts';
import { spoilFrames } from './hostile-frames.ts';
import { spoilHttp, spoilRequests } from './hostile-requests.ts';

const runs = Number(process.env['HOSTILE_RUNS'] ?? 1_000);
const seed = Number(process.env['HOSTILE_SEED'] ?? 1);

test(`${runs} spoilt answers of the Client Portal each: a number is finite or not there, nothing but its own error is thrown`, () => spoilPortal(runs, seed));
test(`${runs} spoilt settings files: settings, or an error that names what is wrong`, () => spoilSettingsFile(runs, seed));
test(`${runs} spoilt environments and .env files: settings within their bounds, or an error that names what is wrong`, () => spoilEnvironment(runs, seed));
test(`${runs} spoilt requests of a window: each is answered`, () => spoilRequests(runs, seed));
test(`${runs} spoilt HTTP requests: each ends, none without the token is told anything, the page is still served`, () => spoilHttp(runs, seed));
test(`${runs} hostile frames from the gateway: no wrong sum, and the true ones as soon as they are told`, async () => void (await spoilFrames(runs, seed)));
