/**
 * A world of the mock server for each test: data, jobs, clock, faults and journal that no other test sees.
 *
 * Copy this file beside your tests, and import `test` and `expect` from it. It needs @playwright/test alone. The server
 * is the one that MOCKSERVER_URL names; with MOCKSERVER_CONTROL_TOKEN that token is sent.
 */
import { randomUUID } from "node:crypto";

import { test as base, type TestInfo } from "@playwright/test";

export { expect } from "@playwright/test";

export type Api = "report" | "import" | "build" | "foxy";
export type JobState = "ready" | "starting" | "running" | "paused" | "canceled" | "finished" | "error";

export interface ClockState {
  mode: "running" | "frozen";
  /** Virtual seconds for a real one. */
  speed: number;
  /** An ISO time with nine fractional digits. */
  now: string;
}

export interface Job {
  id: string;
  api: Api;
  /** What it works on: a service, the id of a feed or of a store. */
  target: string;
  state: JobState;
  /** The state as WEBSALE's number, 0 to 6. */
  status: number;
  total: number;
  processed: number;
  percentage: number;
  failed: number;
  startedAt: string;
  /** When it ended or will end; null when it never does by itself. */
  endsAt: string | null;
  profile: string;
  file: string | null;
}

export interface Profile {
  kind: "steady" | "immediate" | "slow-start" | "stuck" | "failing" | "polls";
  startingSeconds?: number;
  recordsPerSecond?: number;
  durationSeconds?: number;
  stopAtPercent?: number;
  failAtPercent?: number;
  lastError?: string;
  globalError?: number;
  polls?: number;
}

/** What goes wrong, for which calls, and how often; without `times`, until it is removed. */
export interface FaultPlan {
  /** ID of the rule whose answer is given, such as REP-START-503-trigger. */
  rule?: string;
  /** Status to answer with, where no rule is given. */
  status?: number;
  /** Such as `POST report/{service}/pause`; without it all operations that can answer so. */
  operation?: string;
  /** Values in the path, such as `{ service: "order" }`. */
  target?: Record<string, string>;
  kind?: "answer" | "reset" | "truncate" | "slow-body";
  after?: number;
  times?: number;
  probability?: number;
  latencySeconds?:
    | number
    | { distribution: "uniform"; min: number; max: number }
    | { distribution: "lognormal"; median: number; sigma: number };
  /** Let the world's clock do the waiting. */
  virtual?: boolean;
  bodySeconds?: number;
  retryAfterSeconds?: number;
  /** Time of the world's clock from which on it is over. */
  until?: string;
}

export interface Fault extends FaultPlan {
  id: string;
  /** Calls that it met, hit or not. */
  seen: number;
  /** Calls that it hit. */
  fired: number;
  active: boolean;
}

export interface Header {
  name: string;
  value: string;
}

/** A call of a vendor's API, without secrets. */
export interface Call {
  id: string;
  time: string;
  method: string;
  path: string;
  /** Such as `POST report/{service}/start`; null for a call that met none. */
  operation: string | null;
  /** Null when the client did not wait for the answer, or the connection was reset. */
  status: number | null;
  /** The rule that an error follows, and why. */
  rule: string;
  explain: string;
  principal: string | null;
  request: { url: string; query: Header[]; headers: Header[]; body: Body | null };
  answer: { status: number; headers: Header[]; body: Body | null } | null;
}

export interface Body {
  mediaType: string;
  text: string | null;
  size: number;
  truncated: boolean;
}

type Text = string | { equals?: string; contains?: string; matches?: string; absent?: boolean };

export interface Criteria {
  operation?: string;
  method?: string;
  /** Without the world's prefix; `*` stands for any text. */
  path?: string;
  parameters?: Record<string, Text>;
  query?: Record<string, Text>;
  headers?: Record<string, Text>;
  body?: { equals?: unknown; contains?: unknown; text?: Text };
  /** A number, or a class such as "4xx". */
  status?: number | string;
  rule?: string;
  principal?: string;
}

/** What is expected to have been called; at least once, unless `times` says something else. */
export interface Expectation extends Criteria {
  times?: number | { atLeast?: number; atMost?: number };
  /** Calls one after the other, with whatever in between. */
  order?: Criteria[];
}

interface NearMiss {
  method: string;
  path: string;
  status: number | null;
  differences: { field: string; expected: string; actual: string }[];
}

interface Verdict {
  verified: boolean;
  explanation: string;
  nearMisses: NearMiss[];
}

interface Share {
  met: number;
  total: number;
  percent: number;
}

interface CoveredRule {
  id: string;
  status: number;
  says: string;
  count: number;
}

/** How much of the vendors' contract was met. */
export interface Coverage extends Share {
  shares: Record<"operations" | "parameters" | "statuses" | "rules", Share>;
  operations: {
    operation: string;
    calls: number;
    statuses: { status: number; count: number }[];
    rules: CoveredRule[];
  }[];
  /** The errors that several operations share. */
  rules: CoveredRule[];
}

type Query = Record<string, string | number | boolean>;

/** A world of the server; made by its first use. */
export class World {
  constructor(
    /** Base URL of the server, without a trailing slash. */
    readonly serverURL: string,
    /** The value of X-Mock-World. */
    readonly name: string,
    private readonly token = "",
  ) {}

  /** Base URL of all APIs in this world; a client that has it needs no header. */
  get baseURL(): string {
    return `${this.serverURL}/w/${this.name}`;
  }

  /** The header that selects this world, for clients with `serverURL` as their base URL. */
  get headers(): Record<string, string> {
    return { "X-Mock-World": this.name };
  }

  readonly clock = {
    read: (): Promise<ClockState> => this.control("GET", "/clock"),
    freeze: (): Promise<ClockState> => this.control("PUT", "/clock", { mode: "frozen" }),
    run: (speed = 1): Promise<ClockState> => this.control("PUT", "/clock", { mode: "running", speed }),
    set: (now: Date | string): Promise<ClockState> => this.control("PUT", "/clock", { now: new Date(now) }),
    advance: (seconds: number): Promise<ClockState> => this.control("POST", "/clock/advance", { seconds }),
    /** Let pass as much time as all jobs need to end. */
    advanceUntilIdle: (): Promise<ClockState> => this.control("POST", "/clock/advance", { until: "idle" }),
    /** Let pass as much time as a job needs to come into a state. */
    advanceUntil: (job: Job, state: JobState): Promise<ClockState> =>
      this.control("POST", "/clock/advance", { until: `job:${job.id}:${state}` }),
  };

  readonly jobs = {
    /** All jobs, or those that fit a filter, the oldest first. */
    list: async (filter: Partial<Pick<Job, "api" | "state" | "target">> = {}): Promise<Job[]> =>
      (await this.control<{ jobs: Job[] }>("GET", "/jobs", undefined, filter)).jobs,
    complete: (job: Job): Promise<Job> => this.control("POST", `/jobs/${job.id}/complete`),
    fail: (job: Job, failure: { lastError?: string; globalError?: number } = {}): Promise<Job> =>
      this.control("POST", `/jobs/${job.id}/fail`, failure),
    stall: (job: Job): Promise<Job> => this.control("POST", `/jobs/${job.id}/stall`),
  };

  /** Choose how the jobs unfold that are started from now on. */
  profile(profile: Profile, api: Api = "report", target = "*"): Promise<Profile> {
    return this.control("PUT", `/profiles/${api}/${target}`, profile);
  }

  /** Answer the next call that can be answered so with a rule, such as REP-START-503-trigger. */
  failNext(rule: string, plan: Omit<FaultPlan, "rule" | "times"> = {}): Promise<Fault> {
    return this.fault({ ...plan, rule, times: 1 });
  }

  /** Let calls fail, come late or break off. */
  fault(plan: FaultPlan): Promise<Fault> {
    return this.control("POST", "/faults", plan);
  }

  async faults(): Promise<Fault[]> {
    return (await this.control<{ faults: Fault[] }>("GET", "/faults")).faults;
  }

  async clearFaults(): Promise<void> {
    await this.control("DELETE", "/faults");
  }

  /** Bring the world into a named state, on top of what there is. */
  async scenario(name: string, params: Record<string, unknown> = {}): Promise<void> {
    await this.control("POST", `/scenarios/${encodeURIComponent(name)}`, { params, reset: false });
  }

  /** The calls of vendors' APIs, the oldest first. */
  async requests(filter: Pick<Criteria, "operation" | "method" | "path" | "status" | "rule"> = {}): Promise<Call[]> {
    const query = { limit: 1000, ...filter };
    return (await this.control<{ requests: Call[] }>("GET", "/requests", undefined, query)).requests;
  }

  /** Fail unless calls were made as expected; the error says what was called instead. */
  async verify(expectation: Expectation): Promise<void> {
    const verdict = await this.control<Verdict>("POST", "/requests/verify", expectation);
    if (verdict.verified) return;
    const lines = [verdict.explanation, `Expected: ${JSON.stringify(expectation)}`];
    for (const miss of verdict.nearMisses) {
      lines.push(`Near miss: ${miss.method} ${miss.path} ${miss.status ?? "unanswered"}`);
      lines.push(...miss.differences.map((each) => `  ${each.field}: expected ${each.expected}, was ${each.actual}`));
    }
    throw new Error(lines.join("\n"));
  }

  /** What was met of the operations that were called; with `used: false`, of all there are. */
  coverage(query: { used?: boolean; evidence?: "documented" | "inferred" | "convention" } = {}): Promise<Coverage> {
    return this.control("GET", "/coverage", undefined, { used: true, ...query });
  }

  /** Bring the world back to its start. */
  async reset(): Promise<void> {
    await this.control("POST", "/reset");
  }

  /** Drop the world with all that is in it. */
  async delete(): Promise<void> {
    await this.control("DELETE", `/worlds/${this.name}`);
  }

  /** Write down what was called, for a report; what was repeated stands there once. */
  async describe(): Promise<string> {
    const { mode, now } = await this.clock.read();
    const lines: { text: string; count: number }[] = [];
    for (const call of await this.requests()) {
      const reason = call.rule ? ` ${call.rule}: ${call.explain}` : "";
      const target = call.path + new URL(call.request.url).search;
      const text = `${call.method} ${target} ${call.status ?? "unanswered"}${reason}`;
      const last = lines.at(-1);
      if (last?.text === text) last.count += 1;
      else lines.push({ text, count: 1 });
    }
    return [
      `Clock ${mode} at ${now}`,
      ...lines.map(({ text, count }) => (count > 1 ? `${text} (${count} times)` : text)),
      ...(lines.length ? [] : ["No call was made."]),
    ].join("\n");
  }

  /** Make a call of the control plane; what this class has no method for is done so. */
  async control<Answer>(method: string, path: string, body?: unknown, query: Query = {}): Promise<Answer> {
    const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const answer = await fetch(`${this.serverURL}/_mock${path}?${search}`, {
      method,
      headers: {
        ...this.headers,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) {
      const problem = JSON.parse(text) as { detail: string; rule: string; accepted?: string[] };
      const accepted = problem.accepted ? ` Accepted: ${problem.accepted.slice(0, 20).join(", ")}, …` : "";
      throw new Error(`${method} /_mock${path}: ${problem.detail} (${problem.rule})${accepted}`);
    }
    return (text ? JSON.parse(text) : undefined) as Answer;
  }
}

/** A name that people recognise, and that no other test of any run has. */
function nameOf(info: TestInfo): string {
  const readable = info.title.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `${readable.slice(0, 50)}.${randomUUID().slice(0, 8)}`;
}

export const test = base.extend<{ scenario: string; world: World }>({
  /** The state that the world starts in: `test.use({ scenario: "redis-down" })`. */
  scenario: ["", { option: true }],

  /** The test's own world; its clock stands still until the test moves it. */
  world: async ({ scenario }, use, info) => {
    const server = (process.env.MOCKSERVER_URL ?? "http://127.0.0.1:8080").replace(/\/$/, "");
    const world = new World(server, nameOf(info), process.env.MOCKSERVER_CONTROL_TOKEN);
    await world.clock.freeze();
    try {
      if (scenario) await world.scenario(scenario);
      await use(world);
      if (info.status !== info.expectedStatus) {
        await info.attach("mock world", { body: await world.describe(), contentType: "text/plain" });
      }
    } finally {
      await world.delete();
    }
  },

  // A page that still calls when its world is gone would make it anew: the world is there before all pages, and until
  // they are closed.
  context: async ({ world: _, context }, use) => {
    await use(context);
  },
});
