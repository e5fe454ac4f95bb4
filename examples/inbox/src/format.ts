import type { Channel, ConversationStatus } from "./gql/graphql";

export const STATUSES: ConversationStatus[] = ["ACTIVE", "ESCALATED", "COMPLETED", "ABANDONED"];
export const CHANNELS: Record<Channel, string> = {
  WHATSAPP: "WhatsApp",
  TELEGRAM: "Telegram",
  WEB: "Web chat",
  VOICE: "Phone",
};

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

/** `ACTIVE` as people read it. */
export const words = (value: string) => value[0] + value.slice(1).toLowerCase().replaceAll("_", " ");

export const initials = (name: string) =>
  name
    .split(/\s+/)
    .filter((_, at, all) => at === 0 || at === all.length - 1)
    .map((part) => part[0])
    .join("");

export const clock = (at: string) => TIME.format(new Date(at));
export const day = (at: string) => DAY.format(new Date(at));
export const full = (at: string) => FULL.format(new Date(at));

/** The time if it is today, else the day. */
export const recently = (at: string) => (day(at) === day(new Date().toISOString()) ? clock(at) : day(at));
