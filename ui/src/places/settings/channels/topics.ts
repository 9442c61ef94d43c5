/** What others can be told. */
import { m } from "$/i18n";
import type { Topic } from "$/ipc";

const NAMES: Record<Topic, () => string> = {
  "job.submitted": m.channels_topic_submitted,
  "job.started": m.channels_topic_started,
  "job.progress": m.channels_topic_progress,
  "job.delivered": m.channels_topic_delivered,
  "job.failed": m.channels_topic_failed,
  "job.cancelled": m.channels_topic_cancelled,
  "job.held": m.channels_topic_held,
  "job.resumed": m.channels_topic_resumed,
  "watch.unreachable": m.channels_topic_unreachable,
  "watch.reachable": m.channels_topic_reachable,
  "arrival.held": m.channels_topic_attention,
  "arrival.skipped": m.channels_topic_skipped,
  "channel.test": m.channels_topic_test,
};

export const topicName = (topic: Topic): string => NAMES[topic]();

/** Topics to choose from, by what they are about. Tests are sent by hand. */
export const GROUPS = [
  {
    id: "jobs",
    name: m.channels_topics_jobs,
    topics: [
      "job.submitted",
      "job.started",
      "job.progress",
      "job.delivered",
      "job.failed",
      "job.cancelled",
      "job.held",
      "job.resumed",
    ],
  },
  {
    id: "watches",
    name: m.channels_topics_watches,
    topics: ["watch.unreachable", "watch.reachable", "arrival.held", "arrival.skipped"],
  },
] as const satisfies { id: string; name: () => string; topics: readonly Topic[] }[];

export const TOPICS: readonly Topic[] = GROUPS.flatMap((group) => [...group.topics]);

/** What an empty list of topics stands for. */
export const USUAL: readonly Topic[] = [
  "job.submitted",
  "job.delivered",
  "job.failed",
  "job.cancelled",
  "watch.unreachable",
  "watch.reachable",
  "arrival.held",
];

const sorted = (topics: readonly Topic[]) => TOPICS.filter((topic) => topics.includes(topic));

/** Topics that are chosen by settings. */
export const chosenOf = (topics: readonly Topic[]): Topic[] => sorted(topics.length === 0 ? USUAL : topics);

export const isUsual = (topics: readonly Topic[]): boolean => sorted(topics).join() === sorted(USUAL).join();

/** Topics as settings hold them: those that come later join the usual ones by themselves. */
export const keptOf = (topics: readonly Topic[]): Topic[] => (isUsual(topics) ? [] : sorted(topics));
