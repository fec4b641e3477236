import { describe } from 'node:test';
import { findBrowser } from '../support/browser.ts';
import { describeApplication } from './specs.ts';
import { startOnStandIn } from './stand-in-application.ts';

const browser = findBrowser();
if (browser !== undefined) process.env['CHROMIUM_PATH'] = browser;

describe('the built application on the stand-in', { skip: browser === undefined ? 'not run: no Chromium was found' : false, concurrency: false }, () => {
  describeApplication(startOnStandIn);
});
