/** What is known of the cloud before anybody asks it. */
import type { SettingsPage } from "$/ipc";

const NEEDED = { bucket: "SPILLWAY_CLOUD_BUCKET", role_arn: "SPILLWAY_CLOUD_ROLE_ARN" } as const;

/** Whether there is a bucket and a role, in the settings or in the environment that goes before them. */
export function cloudIsSetUp(page: Pick<SettingsPage, "settings" | "overridden_by">): boolean {
  const keys = Object.keys(NEEDED) as (keyof typeof NEEDED)[];
  return keys.every((key) => page.overridden_by.includes(NEEDED[key]) || page.settings.cloud?.[key]);
}
