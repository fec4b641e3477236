import type Electron from 'electron';

/** Questions that stand open; the test answers them with the number of a button. */
export const openQuestions: { readonly options: Electron.MessageBoxOptions; readonly answer: (button: number) => void }[] = [];

type Ask = (options: Electron.MessageBoxOptions) => Promise<Electron.MessageBoxReturnValue>;

export const dialog: Pick<Electron.Dialog, 'showErrorBox'> & { readonly showMessageBox: Ask } = {
  showErrorBox(title, content) {
    console.error(`[error box] ${title}: ${content}`);
  },
  showMessageBox: (options) =>
    new Promise((resolve) => {
      openQuestions.push({ options, answer: (response) => resolve({ response, checkboxChecked: false }) });
    }),
};
