// An independent witness of the soak: it shares no code with agentctl. Once a second it asks the gateway through a client of its own,
// reads /proc and /proc/locks, asks agentctl, and notes where the two differ. What changed less than two seconds ago is not held
// against anybody.
//
//   node checker.mjs '{"agentctl":…,"home":…,"pids":…,"gateway":{"url":…,"token":…},"out":…,"stop":…}'
import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const settings = JSON.parse(process.argv[2]);
// Two seconds, and a gateway that needs more than one for an answer of one line is busy for everybody. Both are longer while more than
// three times as many threads want to run as there are processors: then nobody can keep them.
const tolerated = 3;
let slowdown = 1;
setInterval(() => {
  const runnable = Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[3].split('/')[0]);
  slowdown += (runnable / availableParallelism() - slowdown) / 20; // an average over about five seconds
}, 250).unref();
const stretched = (ms) => Math.round(ms * Math.max(1, slowdown / tolerated));
const graceMs = () => stretched(2000);
const slowMs = () => stretched(1000);
const now = () => performance.now();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const textOf = (path) => { try { return readFileSync(path, 'utf8'); } catch (e) { if (e.code === 'ENOENT' || e.code === 'ESRCH') return null; throw e; } };
const namesIn = (path) => { try { return readdirSync(path); } catch (e) { if (e.code === 'ENOENT') return []; throw e; } };

// --- the gateway's own answers ---
class Gateway {
  #socket; #waiting = new Map(); #number = 0; #ready = null;

  #open() {
    const socket = new WebSocket(settings.gateway.url);
    this.#socket = socket;
    this.#ready = new Promise((done, fail) => {
      const lost = (why) => { fail(new Error(why)); this.#lose(socket, why); };
      socket.onclose = (e) => lost(`closed ${e.code}`);
      socket.onerror = () => lost('error');
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.type === 'event' && frame.event === 'connect.challenge') {
          this.#ask(socket, 'connect', {
            minProtocol: 4, maxProtocol: 4, role: 'operator', scopes: ['operator.read'], caps: [],
            client: { id: 'gateway-client', version: '0.0.0', platform: 'linux', mode: 'backend' }, auth: { token: settings.gateway.token },
          }).then(done, (e) => lost(e.message));
        } else if (frame.type === 'res') {
          const waiting = this.#waiting.get(frame.id);
          this.#waiting.delete(frame.id);
          frame.ok ? waiting?.done(frame.payload) : waiting?.fail(new Error(JSON.stringify(frame.error)));
        }
      };
    });
    this.#ready.catch(() => {});
  }

  #lose(socket, why) {
    if (this.#socket !== socket) return;
    this.#socket = this.#ready = null;
    for (const { fail } of this.#waiting.values()) fail(new Error(why));
    this.#waiting.clear();
    socket.close();
  }

  #ask(socket, method, params) {
    const id = String(++this.#number);
    return new Promise((done, fail) => {
      this.#waiting.set(id, { done, fail });
      socket.send(JSON.stringify({ type: 'req', id, method, params }));
    });
  }

  // The keys of the sessions in which something runs; null when it cannot answer.
  async active() {
    if (this.#ready === null) this.#open();
    const socket = this.#socket;
    const asked = now();
    const late = pause(stretched(4000)).then(() => { throw new Error('late'); });
    late.catch(() => {});
    try {
      const list = await Promise.race([late, this.#ready.then(() => this.#ask(socket, 'sessions.list', { activeOnly: true, limit: 500 }))]);
      if (now() - asked >= slowMs()) pulse.slow();
      return new Set(list.sessions.filter((one) => one.hasActiveRun).map((one) => one.key));
    } catch (e) {
      if (e.message === 'late') this.#lose(socket, 'late');
      return null;
    }
  }
}

// When the gateway was last too busy for anybody: four times a second it is asked for the cheapest thing it has, beside everything else.
// What agentctl could not learn meanwhile is held against nobody.
class Pulse {
  #asked = null; #slowAt = -Infinity;

  async beat() {
    for (;;) {
      this.#asked = now();
      try { await (await fetch(settings.gateway.url.replace('ws:', 'http:') + '/health', { signal: AbortSignal.timeout(stretched(20000)) })).text(); } catch { /* dead, or mute for 20 s: told by who looks at it */ }
      if (now() - this.#asked >= slowMs()) this.slow();
      this.#asked = null;
      await pause(250);
    }
  }

  slow() { this.#slowAt = now(); }

  get lastSlow() { return this.#asked !== null && now() - this.#asked >= slowMs() ? now() : this.#slowAt; }
}

// --- processes and locks, from the kernel ---
const fieldsOf = (pid) => {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};
const stateOf = (pid) => fieldsOf(pid)?.[0];
const startOf = (pid) => {
  const fields = fieldsOf(pid);
  return fields === null || fields[0] === 'Z' || fields[0] === 'X' ? null : fields[19];
};

const seen = new Map(); // a writing of a pid file (a pid comes again) -> start ticks at the first sight
const livingIn = (folder) => {
  const living = new Set();
  for (const pid of namesIn(join(settings.pids, folder))) {
    const name = `${folder}/${pid} of ${statSync(join(settings.pids, folder, pid)).mtimeMs}`;
    if (!seen.has(name)) seen.set(name, startOf(pid));
    if (seen.get(name) !== null && startOf(pid) === seen.get(name)) living.add(Number(pid));
    else seen.set(name, null);
  }
  return living;
};

const directories = new Map(); // launch -> the directory it works in, null for what holds none
const heldDirectories = () => {
  const locked = new Set(readFileSync('/proc/locks', 'utf8').split('\n').map((line) => line.split(/\s+/)[5]?.split(':')[2]).filter(Boolean));
  const held = new Set();
  for (const id of namesIn(join(settings.home, 'live'))) {
    let lease;
    try { lease = statSync(join(settings.home, 'launches', id, 'lease')); } catch (e) { if (e.code === 'ENOENT') continue; throw e; }
    if (!locked.has(String(lease.ino))) continue;
    if (!directories.has(id)) {
      const record = textOf(join(settings.home, 'launches', id, 'launch.json'));
      if (record === null) continue;
      const { cwd, conversation } = JSON.parse(record);
      directories.set(id, conversation ? null : cwd);
    }
    if (directories.get(id)) held.add(directories.get(id));
  }
  return held;
};

// --- what agentctl tells ---
const told = (...words) => new Promise((done) => {
  const began = now();
  execFile(settings.agentctl, words, { maxBuffer: 1 << 28, timeout: stretched(20000) }, (failure, out, err) => {
    sample.ms.push(Math.round(now() - began));
    const code = failure ? failure.code ?? failure.signal : 0;
    if (code !== 0 && code !== 6) note('command', words.join(' '), 'exit 0 or 6', `${code} ${err}`.trim());
    try { done(JSON.parse(out)); } catch { done(null); }
  });
});

// --- judging ---
const window = new Map(); // kind + key -> { truth, since }
let violations = 0;
let sample = null;
const note = (kind, key, truth, said) => { violations++; sample.violations.push({ kind, key, truth, said }); };
const hold = (name, truth, at) => {
  const known = window.get(name);
  if (known?.truth !== truth) window.set(name, { truth, since: at });
  return window.get(name).since;
};

// Both looks at the truth agree, it has been so for two seconds, and agentctl tells something else. Without what it tells only the truth is kept.
const judge = (kind, before, after, said, from, to, describe = String) => {
  const names = [...window.keys()].filter((name) => name.startsWith(`${kind} `)).map((name) => name.slice(kind.length + 1));
  for (const key of new Set([...[...before].map(String), ...[...after].map(String), ...said?.keys() ?? [], ...names])) {
    const is = [...before].map(String).includes(key), stays = [...after].map(String).includes(key);
    const since = hold(`${kind} ${key}`, is, from);
    if (said && is === stays && from - since >= graceMs() && is !== said.has(key)) note(kind, key, is, describe(key));
    if (is !== stays) hold(`${kind} ${key}`, stays, to);
    if (!is && !stays && !said?.has(key) && from - since > 10 * graceMs()) window.delete(`${kind} ${key}`);
  }
};

const activeWords = new Set(['starting', 'running', 'waiting', 'idle']);
const gateway = new Gateway(), pulse = new Pulse();
void pulse.beat();
let notKnown = null, downSince = null, upSince = null;
const totals = { samples: 0, qualifying: 0, judged: 0, gatewayBusy: 0, gatewaySlow: 0, gatewayMute: 0, gatewayDead: 0, maxUnknown: 0, maxActive: 0, maxLocks: 0, maxOneShots: 0, runs: new Set(), locals: new Set(), oneShots: new Set() };

const look = async () => {
  sample = { at: new Date().toISOString(), ms: [], judged: false, violations: [] };
  const from = now();
  const runsBefore = await gateway.active(), locksBefore = heldDirectories(), localBefore = livingIn('local'), oneShotsBefore = livingIn('oneshot');
  const rows = await told('list', '-a', '--json'), locks = await told('locks', '--json'), sessions = await told('sessions', 'list', '--all', '--json');
  const runsAfter = await gateway.active(), locksAfter = heldDirectories(), localAfter = livingIn('local'), oneShotsAfter = livingIn('oneshot');
  const to = now();

  if (rows) {
    const ofGateway = rows.filter((row) => row.adapter === 'openclaw');
    const toldActive = new Map(ofGateway.filter((row) => activeWords.has(row.status)).map((row) => [row.id, row]));
    if (runsBefore && runsAfter) {
      downSince = null;
      upSince ??= from;
      const rowOf = new Map(ofGateway.map((row) => [row.id, row]));
      // Whoever was cut off, or not answered in time, learns of a gateway's return a moment later; until then it says that it does not know.
      sample.judged = from - Math.max(upSince, pulse.lastSlow) >= graceMs();
      const tell = (key) => rowOf.get(key) ? `${rowOf.get(key).status} (${rowOf.get(key).reason})` : 'no row';
      judge('run', runsBefore, runsAfter, sample.judged ? toldActive : null, from, to, tell);
      if (!sample.judged && from - upSince >= graceMs()) totals.gatewayBusy++;
      notKnown = null;
      for (const key of runsAfter) totals.runs.add(key);
    } else if (!runsBefore && !runsAfter) {
      upSince = null;
      downSince ??= from;
      const pid = Number(textOf(join(settings.pids, 'gateway')) ?? 0), isDead = pid > 0 && startOf(pid) === null;
      // One that is slow, or lets its runs finish, may have told agentctl what it has not told us. One that the kernel has stopped tells nobody anything.
      const isMute = !isDead && stateOf(pid) === 'T';
      totals[isDead ? 'gatewayDead' : isMute ? 'gatewayMute' : 'gatewaySlow']++;
      for (const name of [...window.keys()]) if (name.startsWith('run ')) window.delete(name);
      if (isDead) {
        // Nothing runs in a gateway that is dead for sure, nor in the next one before it answers.
        if (from - downSince >= graceMs()) for (const key of toldActive.keys()) note('gateway', key, 'not active', 'active, and the gateway is dead');
        notKnown = null;
      } else if (isMute && from - downSince >= graceMs()) {
        // What was active when it fell silent is unknown now, and stays so: neither stopped nor forgotten.
        notKnown ??= new Set(ofGateway.filter((row) => row.status === 'unknown' || activeWords.has(row.status)).map((row) => row.id));
        totals.maxUnknown = Math.max(totals.maxUnknown, notKnown.size);
        for (const key of notKnown) {
          const row = ofGateway.find((one) => one.id === key);
          if (row?.status !== 'unknown') note('gateway', key, 'unknown', row ? `${row.status} (${row.reason})` : 'no row');
        }
      }
    }
    const local = new Map(rows.filter((row) => row.adapter === 'soak' && activeWords.has(row.status) && row.pid).map((row) => [String(row.pid), row]));
    judge('local', localBefore, localAfter, local, from, to);
  }
  if (locks) judge('lock', locksBefore, locksAfter, new Map(locks.map((one) => [one.directory, one])), from, to);
  if (sessions) {
    const open = sessions.filter((one) => one.mode === 'oneshot' && !one.closed);
    judge('one-shot', oneShotsBefore, oneShotsAfter, new Map(open.map((one) => [one.pid ? String(one.pid) : `without agent: ${one.id}`, one])), from, to);
  }

  for (const pid of localAfter) totals.locals.add(pid);
  for (const pid of oneShotsAfter) totals.oneShots.add(pid);
  const active = runsAfter?.size ?? 0;
  totals.samples++;
  totals.maxActive = Math.max(totals.maxActive, active);
  totals.maxLocks = Math.max(totals.maxLocks, locksAfter.size);
  totals.maxOneShots = Math.max(totals.maxOneShots, oneShotsAfter.size);
  if (active > 0 && locksAfter.size > 0) totals.qualifying++;
  if (sample.judged) totals.judged++;
  const daemon = JSON.parse(textOf(join(settings.home, 'daemon.lock')) ?? '{}');
  const memory = daemon.pid && startOf(daemon.pid) === String(daemon.startTicks) ? textOf(`/proc/${daemon.pid}/status`)?.match(/^VmRSS:\s+(\d+) kB/m)?.[1] : null;
  Object.assign(sample, {
    tookMs: Math.round(to - from), active: runsAfter ? active : null, local: localAfter.size, locks: locksAfter.size, oneShots: oneShotsAfter.size,
    daemon: daemon.pid ?? null, rssKb: memory ? Number(memory) : null, rows: rows?.length ?? null,
  });
  appendFileSync(settings.out, `${JSON.stringify(sample)}\n`);
};

for (let due = now(); !existsSync(settings.stop); due += 1000) {
  await pause(Math.max(0, due - now()));
  due = Math.max(due, now() - 1000);
  await look();
}

writeFileSync(`${settings.out}.totals`, JSON.stringify({
  ...totals, runs: totals.runs.size, locals: totals.locals.size, oneShots: totals.oneShots.size, violations,
}));
process.exit(0); // the connection would keep it
