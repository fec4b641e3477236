import { describe } from 'node:test';
import { electronVersion, findElectron } from '../support/electron-binary.ts';
import { startOnElectron } from './electron-application.ts';
import { describeApplication } from './specs.ts';

const executable = findElectron();
const missing = `not run: Electron ${electronVersion} is not installed (npx install-electron, where github.com can be reached)`;
if (executable === undefined) console.log(`The application specs on Electron were ${missing}.`);

describe('the built application on Electron', { skip: executable === undefined ? missing : false, concurrency: false }, () => {
  if (executable !== undefined) describeApplication(startOnElectron(executable));
});
