import { closePosition, describeSums, listLegs, setPrice, trade } from '../book-controls.ts';
import { amount, flag, Misuse, oneOf, splitWords, targets } from '../control-words.ts';
import { spoiltAnswers, type SpoiltAnswer } from './faults.ts';
import type { PortalSimulator } from './simulator.ts';

interface Command {
  readonly usage: string;
  readonly meaning: string;
  /** Does it and returns what to tell. Throws a {@link Misuse} for words that it does not understand. */
  readonly run: (simulator: PortalSimulator, words: readonly string[]) => string | Promise<string>;
}

const MARKET_DATA = ['live', 'frozen', 'delayed', 'delayed-frozen'] as const;

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['help', { usage: 'help', meaning: 'this list', run: () => helpText() }],
  ['status', { usage: 'status', meaning: 'who is logged in and what is switched on', run: (simulator) => describePortalStatus(simulator) }],
  ['legs', { usage: 'legs [ACCOUNT]', meaning: 'the book', run: (simulator, [account]) => listLegs(simulator, account) }],
  ['sums', { usage: 'sums [ACCOUNT]', meaning: 'net Greeks that a reader must have, from what was sent', run: (simulator, [account]) => describeSums(simulator, account) }],
  ['expire', { usage: 'expire', meaning: 'the session ends: 401 until somebody logs in', run: (simulator) => done(simulator.expire(), 'nobody is logged in any more') }],
  ['login', { usage: 'login', meaning: 'a person logs in (or use the button on the page)', run: (simulator) => done(simulator.login(), 'logged in') }],
  ['timeout', { usage: 'timeout', meaning: 'the brokerage session alone ends', run: (simulator) => done(simulator.closeBrokerage(), 'the brokerage session has ended') }],
  ['compete', { usage: 'compete', meaning: 'the same user starts a session elsewhere', run: (simulator) => done(simulator.compete(), 'another session has the data') }],
  ['silent-expiry', { usage: 'silent-expiry on|off', meaning: 'the status says ended, snapshots stand still', run: (simulator, words) => `silent expiry ${flag(words, (on) => (simulator.faults.silentlyExpired = on))}` }],
  ['no-reopen', { usage: 'no-reopen on|off', meaning: 'the brokerage session cannot be opened again', run: (simulator, words) => `no reopening ${flag(words, (on) => (simulator.faults.reopenFails = on))}` }],
  ['503', { usage: '503 on|off', meaning: 'maintenance: 503 under /iserver', run: (simulator, words) => `maintenance ${flag(words, (on) => (simulator.faults.maintenance = on))}` }],
  ['429', { usage: '429 on|off', meaning: 'the penalty box', run: penalize }],
  ['silence', { usage: 'silence on|off', meaning: 'requests are taken, nothing is answered', run: (simulator, words) => `silence ${flag(words, (on) => (simulator.faults.silence = on))}` }],
  ['refuse', { usage: 'refuse on|off', meaning: 'nobody listens on the port', run: refuseConnections }],
  ['airplay', { usage: 'airplay on|off', meaning: "macOS's AirPlay has the port", run: startAirPlay }],
  ['drop', { usage: 'drop', meaning: 'close every connection', run: (simulator) => done(simulator.drop(), 'every connection closed') }],
  ['delay', { usage: 'delay MS', meaning: 'every answer leaves so much later', run: (simulator, words) => `answers leave ${(simulator.faults.answerDelayMs = amount(words[0]))} ms late` }],
  ['spoil', { usage: `spoil PATH ${spoiltAnswers.join('|')}|off`, meaning: 'how answers to paths that begin like this are spoilt', run: spoil }],
  ['sparse', { usage: 'sparse on|off', meaning: 'positions without multiplier, strike and ticker', run: (simulator, words) => `sparse positions ${flag(words, (on) => (simulator.faults.sparsePositions = on))}` }],
  ['deny', { usage: 'deny TARGET', meaning: 'no subscription to its market data', run: (simulator, [word]) => subscribe(simulator, word, false) }],
  ['allow', { usage: 'allow TARGET', meaning: 'subscribed again', run: (simulator, [word]) => subscribe(simulator, word, true) }],
  ['greeks', { usage: 'greeks on|off TARGET', meaning: 'snapshots carry Greeks, or leave them out', run: setGreeks }],
  ['data', { usage: `data ${MARKET_DATA.join('|')}`, meaning: 'kind of market data', run: (simulator, [word]) => `market data is ${(simulator.streams.marketData = oneOf(MARKET_DATA, word))}` }],
  ['trade', { usage: 'trade TARGET QUANTITY [ACCOUNT]', meaning: 'buy or sell (negative) so many of one instrument', run: trade }],
  ['close', { usage: 'close TARGET [ACCOUNT]', meaning: 'close one position', run: closePosition }],
  ['price', { usage: 'price SYMBOL PRICE', meaning: 'put an underlying at a price', run: setPrice }],
  ['tick', { usage: 'tick', meaning: 'move the market once', run: (simulator) => done(simulator.tick(), 'ticked') }],
  ['freeze', { usage: 'freeze', meaning: 'the market stands still, as overnight', run: (simulator) => done(simulator.book.market.freeze(), 'the market stands still') }],
  ['thaw', { usage: 'thaw', meaning: 'it moves again', run: (simulator) => done(simulator.book.market.thaw(), 'the market moves') }],
  ['calm', { usage: 'calm', meaning: 'every misbehaviour off, and logged in', run: calm }],
]);

/**
 * Does what one control line says and returns the answer for the person who typed it; never throws for a wrong line.
 * TARGET is a conId, a local symbol, a symbol (all its derivatives and itself), or `all`.
 */
export async function applyPortalControl(simulator: PortalSimulator, line: string): Promise<string> {
  const [name, ...words] = splitWords(line);
  if (name === undefined) return '';
  const command = commands.get(name.toLowerCase());
  if (command === undefined) return `unknown command ${JSON.stringify(name)}; try: help`;
  try {
    return await command.run(simulator, words);
  } catch (error) {
    if (error instanceof Misuse) return `${error.message}; usage: ${command.usage}`;
    throw error;
  }
}

/** One line on who is logged in and what is switched on. */
export function describePortalStatus(simulator: PortalSimulator): string {
  const { faults, streams } = simulator;
  const switched: readonly (readonly [boolean, string])[] = [
    [!simulator.listening, 'refusing connections'], [!simulator.isLoggedIn, 'nobody logged in'], [!simulator.isBrokerageOpen, 'brokerage session ended'],
    [simulator.isCompeting, 'competing session'], [faults.silentlyExpired, 'silently expired'], [faults.reopenFails, 'no reopening'], [faults.maintenance, 'maintenance'],
    [faults.rateLimited, 'penalty box'], [faults.silence, 'silent'], [faults.answerDelayMs > 0, `${faults.answerDelayMs} ms late`], [faults.spoilt.size > 0, 'answers spoilt'],
    [faults.sparsePositions, 'sparse positions'], [faults.missingFields.size > 0, `fields missing for ${faults.missingFields.size}`],
    [streams.notSubscribed.size > 0, `data denied for ${streams.notSubscribed.size}`], [streams.marketData !== 'live', `${streams.marketData} data`],
  ];
  const faultsNow = switched.filter(([on]) => on).map(([, text]) => text);
  const counts = `${simulator.openConnections} connections · ${streams.conIds().length} streams · ${simulator.received.length} requests`;
  const excess = simulator.limits.violations === 0 ? '' : ` · ${simulator.limits.violations} TOO MANY`;
  return `${counts}${excess} · ${faultsNow.length === 0 ? 'all well' : faultsNow.join(', ')}`;
}

function helpText(): string {
  const width = 34;
  const rows = [...commands.values()].map(({ usage, meaning }) => (usage.length > width ? `  ${usage}\n  ${' '.repeat(width)}  ${meaning}` : `  ${usage.padEnd(width)}  ${meaning}`));
  return [...rows, '', 'TARGET: a conId, a local symbol (in quotes if it has blanks), a symbol such as SPX, or all'].join('\n');
}

function done(_effect: void, text: string): string {
  return text;
}

function penalize(simulator: PortalSimulator, words: readonly string[]): string {
  const word = flag(words, (on) => (simulator.faults.rateLimited = on));
  if (word === 'off') simulator.limits.forgive();
  return `penalty box ${word}`;
}

async function refuseConnections(simulator: PortalSimulator, words: readonly string[]): Promise<string> {
  const on = oneOf(['on', 'off'] as const, words[0]) === 'on';
  if (on) await simulator.refuseConnections();
  else await simulator.acceptConnections();
  return on ? 'nobody listens any more' : `listening on ${simulator.port}`;
}

async function startAirPlay(simulator: PortalSimulator, words: readonly string[]): Promise<string> {
  const on = oneOf(['on', 'off'] as const, words[0]) === 'on';
  if (on) await simulator.startAirPlay();
  else await simulator.acceptConnections();
  return on ? `AirPlay answers on ${simulator.port}` : `listening on ${simulator.port}`;
}

function spoil(simulator: PortalSimulator, [path = '', word]: readonly string[]): string {
  if (!path.startsWith('/')) throw new Misuse(`${JSON.stringify(path)} is no path such as /iserver/marketdata`);
  const how = oneOf<SpoiltAnswer | 'off'>([...spoiltAnswers, 'off'], word);
  if (how === 'off') simulator.faults.spoilt.delete(path);
  else simulator.faults.spoilt.set(path, how);
  return `answers to ${path}: ${how}`;
}

function subscribe(simulator: PortalSimulator, word: string | undefined, isAllowed: boolean): string {
  const chosen = targets(simulator, word);
  for (const { conId } of chosen) {
    if (isAllowed) simulator.streams.notSubscribed.delete(conId);
    else simulator.streams.notSubscribed.add(conId);
  }
  return `market data of ${chosen.length} instruments ${isAllowed ? 'granted' : 'not subscribed'}`;
}

function setGreeks(simulator: PortalSimulator, [mode, word]: readonly string[]): string {
  const on = oneOf(['on', 'off'] as const, mode) === 'on';
  const options = targets(simulator, word).filter(({ underlyingConId }) => underlyingConId !== undefined);
  for (const { conId } of options) {
    if (on) simulator.faults.missingFields.delete(conId);
    else simulator.faults.missingFields.set(conId, new Set(['7308', '7309', '7310', '7311', '7633']));
  }
  return `Greeks of ${options.length} options: ${on ? 'on' : 'off'}`;
}

async function calm(simulator: PortalSimulator): Promise<string> {
  simulator.faults.clear();
  simulator.limits.forgive();
  simulator.streams.notSubscribed.clear();
  simulator.streams.marketData = 'live';
  simulator.book.market.thaw();
  if (!simulator.status().authenticated) simulator.login();
  await simulator.acceptConnections();
  return 'everything behaves';
}
