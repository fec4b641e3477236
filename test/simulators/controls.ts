import { closePosition, describeSums, listLegs, setPrice, trade } from './book-controls.ts';
import { amount, flag, Misuse, oneOf, splitWords, targets } from './control-words.ts';
import { greeksFaults } from './tws/faults.ts';
import type { ContractDetailsFault, GreeksFault } from './tws/faults.ts';
import type { TwsSimulator } from './tws/simulator.ts';

interface Command {
  readonly usage: string;
  readonly meaning: string;
  /** Does it and returns what to tell. Throws a {@link Misuse} for words that it does not understand. */
  readonly run: (simulator: TwsSimulator, words: readonly string[]) => string | Promise<string>;
}

const CONTRACT_DETAILS: readonly ContractDetailsFault[] = ['normal', 'silent', 'unknown', 'ambiguous'];
const MARKET_DATA = ['live', 'frozen', 'delayed', 'delayed-frozen'] as const;

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['help', { usage: 'help', meaning: 'this list', run: () => helpText() }],
  ['status', { usage: 'status', meaning: 'what is connected and switched on', run: describeStatus }],
  ['legs', { usage: 'legs [ACCOUNT]', meaning: 'the book', run: (simulator, [account]) => listLegs(simulator, account) }],
  ['sums', { usage: 'sums [ACCOUNT]', meaning: 'net Greeks that a reader must have, from what was sent', run: (simulator, [account]) => describeSums(simulator, account) }],
  ['drop', { usage: 'drop', meaning: 'close every connection', run: (simulator) => done(simulator.drop(), 'every connection closed') }],
  ['reset', { usage: 'reset', meaning: 'end every connection with a TCP reset', run: (simulator) => done(simulator.reset(), 'every connection reset') }],
  ['half-open', { usage: 'half-open', meaning: 'present connections go deaf and mute for ever; new ones work', run: (simulator) => done(simulator.goHalfOpen(), 'present connections are half-open') }],
  ['break', { usage: 'break', meaning: 'every connection ends inside a message', run: (simulator) => done(simulator.dieInMidMessage(), 'every connection broke off inside a message') }],
  ['refuse', { usage: 'refuse on|off', meaning: 'nobody listens on the port', run: refuseConnections }],
  ['silence', { usage: 'silence on|off', meaning: 'bytes are taken, nothing is answered', run: (simulator, words) => `silence ${flag(words, (on) => (simulator.faults.silence = on))}` }],
  ['hang', { usage: 'hang on|off', meaning: 'connections are accepted, the handshake is never answered', run: (simulator, words) => `hang in the handshake ${flag(words, (on) => (simulator.faults.hangInHandshake = on))}` }],
  ['no-id', { usage: 'no-id on|off', meaning: 'nextValidId never comes', run: (simulator, words) => `no nextValidId ${flag(words, (on) => (simulator.faults.noNextValidId = on))}` }],
  ['id-in-use', { usage: 'id-in-use on|off', meaning: '326 for every client id', run: (simulator, words) => `client id in use ${flag(words, (on) => (simulator.faults.clientIdInUse = on))}` }],
  ['1100', { usage: '1100', meaning: 'the link to IBKR is lost, sockets stay', run: (simulator) => done(simulator.loseUpstream(), '1100: the link to IBKR is lost') }],
  ['1101', { usage: '1101', meaning: 'the link is back, market data is lost', run: (simulator) => done(simulator.restoreUpstreamDataLost(), '1101: the link is back, market-data lines are gone') }],
  ['1102', { usage: '1102 [dead]', meaning: 'the link is back, market data is kept, or only said to be', run: restoreDataKept }],
  ['2110', { usage: '2110', meaning: 'the link from TWS to its server is broken', run: (simulator) => done(simulator.breakServerLink(), '2110: the link to the server is broken') }],
  ['2103', { usage: '2103', meaning: 'the market-data farm is broken', run: (simulator) => done(simulator.breakFarm(), '2103: the market-data farm is broken') }],
  ['2104', { usage: '2104', meaning: 'the market-data farm is OK', run: (simulator) => done(simulator.restoreFarm(), '2104: the market-data farm is OK') }],
  ['delay', { usage: 'delay MS', meaning: 'everything leaves so much later', run: (simulator, words) => `answers leave ${(simulator.faults.answerDelayMs = amount(words[0]))} ms late` }],
  ['trickle', { usage: 'trickle BYTES MS|off', meaning: 'output leaves in small pieces', run: trickle }],
  ['details', { usage: `details ${CONTRACT_DETAILS.join('|')}`, meaning: 'how contract details are answered', run: (simulator, words) => `contract details: ${(simulator.faults.contractDetails = oneOf(CONTRACT_DETAILS, words[0]))}` }],
  ['details-delay', { usage: 'details-delay MS', meaning: 'contract details alone leave so much later', run: (simulator, words) => `contract details leave ${(simulator.faults.contractDetailsDelayMs = amount(words[0]))} ms late` }],
  ['hold-id', { usage: 'hold-id MS', meaning: 'ids of connections that died stay taken so long', run: (simulator, words) => `client ids stay taken for ${(simulator.faults.holdClientIdMs = amount(words[0]))} ms` }],
  ['warm-up', { usage: 'warm-up TICKS', meaning: 'new lines begin with so many ticks of sentinels', run: (simulator, words) => `new lines begin with ${(simulator.faults.warmUpTicks = amount(words[0]))} ticks of sentinels` }],
  ['data', { usage: `data ${MARKET_DATA.join('|')}`, meaning: 'kind of market data', run: setMarketData }],
  ['greeks', { usage: `greeks on|off|${greeksFaults.join('|')} TARGET`, meaning: 'what stands in the computations (off: sentinels)', run: setGreeks }],
  ['deny', { usage: 'deny CODE TARGET', meaning: 'refuse market data: 354, 10089, 10090, 10091, 10167, 10168, 10197, 200, 101', run: deny }],
  ['allow', { usage: 'allow TARGET', meaning: 'grant it to new requests again', run: allow }],
  ['trade', { usage: 'trade TARGET QUANTITY [ACCOUNT]', meaning: 'buy or sell (negative) so many of one instrument', run: trade }],
  ['close', { usage: 'close TARGET [ACCOUNT]', meaning: 'close one position', run: closePosition }],
  ['price', { usage: 'price SYMBOL PRICE', meaning: 'put an underlying at a price', run: setPrice }],
  ['tick', { usage: 'tick', meaning: 'move the market once and send', run: (simulator) => done(simulator.tick(), 'ticked') }],
  ['freeze', { usage: 'freeze', meaning: 'the market stands still, as overnight', run: (simulator) => done(simulator.book.market.freeze(), 'the market stands still') }],
  ['thaw', { usage: 'thaw', meaning: 'it moves again', run: (simulator) => done(simulator.book.market.thaw(), 'the market moves') }],
  ['calm', { usage: 'calm', meaning: 'every misbehaviour off', run: calm }],
]);

/**
 * Does what one control line says and returns the answer for the person who typed it; never throws for a wrong line.
 * TARGET is a conId, a local symbol, a symbol (all its derivatives and itself), or `all`.
 */
export async function applyControl(simulator: TwsSimulator, line: string): Promise<string> {
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

/** One line on what is connected and what is switched on. */
export function describeStatus(simulator: TwsSimulator): string {
  const { faults } = simulator;
  const switched: readonly (readonly [boolean, string])[] = [
    [!simulator.listening, 'refusing connections'], [faults.silence, 'silent'], [faults.hangInHandshake, 'hanging in the handshake'],
    [faults.noNextValidId, 'no nextValidId'], [faults.clientIdInUse, 'client id in use'], [faults.answerDelayMs > 0, `${faults.answerDelayMs} ms late`],
    [faults.trickle !== undefined, 'trickling'], [faults.contractDetails !== 'normal', `contract details ${faults.contractDetails}`],
    [simulator.upstream === 'lost', 'link to IBKR lost'], [simulator.upstream === 'farm-broken', 'market-data farm broken'],
    [simulator.marketData !== 'live', `${simulator.marketData} data`], [faults.greeks.size > 0, `Greeks spoilt for ${faults.greeks.size}`],
    [faults.refusals.size > 0, `data denied for ${faults.refusals.size}`],
  ];
  const faultsNow = switched.filter(([on]) => on).map(([, text]) => text);
  const clients = simulator.clientIds().map(String).join(', ') || 'none';
  const counts = `clients ${clients} · ${simulator.subscribedConIds().length} lines · ${simulator.ticksSent} ticks · ${simulator.received.length} messages`;
  const orders = simulator.forbidden.length === 0 ? '' : ` · ${simulator.forbidden.length} ORDER MESSAGES`;
  return `${counts}${orders} · ${faultsNow.length === 0 ? 'all well' : faultsNow.join(', ')}`;
}

function helpText(): string {
  const width = 34;
  const rows = [...commands.values()].map(({ usage, meaning }) =>
    usage.length > width ? `  ${usage}\n  ${' '.repeat(width)}  ${meaning}` : `  ${usage.padEnd(width)}  ${meaning}`,
  );
  return [...rows, '', 'TARGET: a conId, a local symbol (in quotes if it has blanks), a symbol such as SPX, or all'].join('\n');
}

function done(_effect: void, text: string): string {
  return text;
}

async function refuseConnections(simulator: TwsSimulator, words: readonly string[]): Promise<string> {
  const on = oneOf(['on', 'off'] as const, words[0]) === 'on';
  if (on) await simulator.refuseConnections();
  else await simulator.acceptConnections();
  return on ? 'nobody listens any more' : `listening on ${simulator.port}`;
}

function restoreDataKept(simulator: TwsSimulator, [word]: readonly string[]): string {
  const silentlyDead = word !== undefined && oneOf(['dead'] as const, word) === 'dead';
  simulator.restoreUpstreamDataKept({ silentlyDead });
  return silentlyDead ? '1102: the link is back, market data is said to be kept and is dead' : '1102: the link is back, market data is kept';
}

function trickle(simulator: TwsSimulator, words: readonly string[]): string {
  if (words[0]?.toLowerCase() === 'off') {
    simulator.faults.trickle = undefined;
    return 'output leaves whole';
  }
  const bytes = amount(words[0]);
  if (!Number.isInteger(bytes) || bytes === 0) throw new Misuse(`${bytes} is not a number of bytes`);
  simulator.faults.trickle = { bytes, everyMs: amount(words[1]) };
  return `output leaves ${bytes} bytes every ${words[1]} ms`;
}

function setMarketData(simulator: TwsSimulator, words: readonly string[]): string {
  simulator.setMarketData(oneOf(MARKET_DATA, words[0]));
  return `market data is ${simulator.marketData}`;
}

function setGreeks(simulator: TwsSimulator, [mode, word]: readonly string[]): string {
  const chosen = oneOf<GreeksFault | 'on' | 'off'>(['on', 'off', ...greeksFaults], mode);
  const options = targets(simulator, word).filter(({ underlyingConId }) => underlyingConId !== undefined);
  for (const { conId } of options) {
    if (chosen === 'on') simulator.faults.greeks.delete(conId);
    else simulator.faults.greeks.set(conId, chosen === 'off' ? 'sentinels' : chosen);
  }
  return `Greeks of ${options.length} options: ${chosen}`;
}

function deny(simulator: TwsSimulator, [code, word]: readonly string[]): string {
  const denied = targets(simulator, word);
  const errorCode = amount(code);
  for (const { conId } of denied) simulator.refuse(conId, errorCode);
  return `market data of ${denied.length} instruments answered with ${errorCode}`;
}

function allow(simulator: TwsSimulator, [word]: readonly string[]): string {
  const allowed = targets(simulator, word);
  for (const { conId } of allowed) simulator.allow(conId);
  return `market data of ${allowed.length} instruments granted to new requests`;
}

async function calm(simulator: TwsSimulator): Promise<string> {
  simulator.faults.clear();
  simulator.book.market.thaw();
  if (simulator.upstream === 'lost') simulator.restoreUpstreamDataKept();
  if (simulator.upstream === 'farm-broken') simulator.restoreFarm();
  if (simulator.marketData !== 'live') simulator.setMarketData('live');
  await simulator.acceptConnections();
  return 'everything behaves';
}
