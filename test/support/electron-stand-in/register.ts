import { registerHooks } from 'node:module';

/* `node --import register.ts dist/main/shell/main.js`: the built application on the stand-in instead of Electron. */
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'electron') return next(specifier, context);
    return { url: new URL('./electron.ts', import.meta.url).href, shortCircuit: true };
  },
});
