/** What a test can do to an application on the stand-in, as a person or the system would. */
export type Command =
  | { readonly kind: 'look' }
  | { readonly kind: 'click-tray' }
  | { readonly kind: 'open-tray-menu' }
  | { readonly kind: 'click-menu'; readonly label: string }
  | { readonly kind: 'close-window' }
  | { readonly kind: 'minimize-window' }
  | { readonly kind: 'blur-window' }
  | { readonly kind: 'crash-window' }
  | { readonly kind: 'answer-question'; readonly button: number }
  | { readonly kind: 'click-notification' }
  | { readonly kind: 'power'; readonly event: 'suspend' | 'resume' | 'unlock-screen' | 'shutdown' };

export interface TrayItem {
  /** "-" for a separator. */
  readonly label: string;
  readonly enabled: boolean;
  readonly checked: boolean;
}

/** What a test can see of it besides its pages. */
export interface Observation {
  readonly tray: { readonly image: string; readonly tooltip: string; readonly title: string; readonly menu: readonly TrayItem[] } | null;
  readonly window: { readonly visible: boolean; readonly focused: boolean; readonly url: string; readonly crashed: boolean } | null;
  readonly notifications: readonly { readonly title: string; readonly body: string }[];
  readonly questions: readonly string[];
  readonly blocksPowerSave: boolean;
  readonly opened: readonly string[];
  readonly relaunches: readonly (readonly string[])[];
  readonly strayRequests: readonly string[];
  readonly deniedWindows: readonly string[];
  readonly applicationMenuRoles: readonly string[];
}
