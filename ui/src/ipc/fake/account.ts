// The account of the fake back end, and what a look at it says.
import type { SetupOutcome, SetupReport, SetupStep, SetupWish } from "$/ipc/bindings";

const ACCOUNT = "123456789012";

/** What each step says when all is well. */
const FINE: [name: string, text: (wish: SetupWish) => string][] = [
  ["credentials", () => `Signed in to account ${ACCOUNT} as user/mira.`],
  ["bucket", ({ bucket }) => `The bucket ${bucket} is there, in eu-central-1.`],
  ["bucket-private", () => "Nothing in it can be made public."],
  ["bucket-encryption", () => "What is stored is encrypted (SSE-S3)."],
  [
    "bucket-lifecycle",
    () => "Unfinished uploads go after a day, everything else below spillway/ after seven.",
  ],
  ["bucket-write", () => "An object was written, read and removed."],
  [
    "role",
    ({ role }) => `The role ${role ?? "SpillwayMediaConvert"} is there, and MediaConvert may take it on.`,
  ],
  ["role-policy", () => "It may read and write below spillway/, and nothing else."],
  ["queue", ({ queue }) => `The queue ${queue ?? "Default"} is active.`],
  ["jobs", () => "Jobs may be made, looked at and cancelled."],
];
/** What a set-up makes when it is not there. */
const MADE = new Set(["bucket", "bucket-private", "bucket-lifecycle", "role", "role-policy"]);

export function report(wish: SetupWish, missing: string | null): SetupReport {
  let stopped = false;
  const steps = FINE.map(([name, text]): SetupStep => {
    const step = (outcome: SetupOutcome, said: string, advice = "") => ({
      name,
      outcome,
      text: said,
      advice,
    });
    if (name === missing) {
      stopped = true;
      return step(
        "missing",
        name === "credentials"
          ? "No credentials were found."
          : "The role does not allow s3:PutObject below spillway/.",
        name === "credentials"
          ? "Run `aws configure` or `aws sso login`, or name the AWS profile in Settings."
          : "Allow iam:PutRolePolicy to whoever sets it up, or give the role the policy of docs/cloud.md.",
      );
    }
    if (stopped) return step("skipped", "Not looked at.");
    return step(!wish.check_only && MADE.has(name) ? "made" : "fine", text(wish));
  });
  return {
    steps,
    role_arn: stopped ? null : `arn:aws:iam::${ACCOUNT}:role/${wish.role ?? "SpillwayMediaConvert"}`,
    queue_arn: stopped
      ? null
      : `arn:aws:mediaconvert:eu-central-1:${ACCOUNT}:queues/${wish.queue ?? "Default"}`,
    identity: missing === "credentials" ? null : [ACCOUNT, `arn:aws:iam::${ACCOUNT}:user/mira`],
  };
}
