// Setting the account of the fake back end up.
import type { SetupWish } from "$/ipc/bindings";
import { report } from "./account";
import { changeSettings } from "./settings";

const asked = () => new URLSearchParams(globalThis.location?.search ?? "");

/** `?setup=credentials|role-policy|error` in the address: what goes wrong. */
export const handlers: Record<string, (args: any) => unknown> = {
  set_up_cloud: async ({ wish }: { wish: SetupWish }) => {
    const wrong = asked().get("setup");
    if (!asked().has("still")) await new Promise((done) => setTimeout(done, 1_200));
    if (wrong === "error")
      throw {
        kind: "cloud",
        message: "sts.eu-central-1.amazonaws.com could not be reached.",
        failure: null,
        field: null,
      };
    const answer = report(wish, wrong);
    if (wrong === null && !wish.check_only)
      changeSettings((settings) => ({
        ...settings,
        cloud: {
          ...settings.cloud,
          bucket: wish.bucket,
          role_arn: answer.role_arn,
          queue: wish.queue,
        },
      }));
    return answer;
  },
};
