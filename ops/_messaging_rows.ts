import { OF_SERVICE, quantile, rate, type Row } from "./_dashboard_row.ts";

const SOURCE = "service, queue_group, subject";
const OF_SOURCE = "{{service}} {{queue_group}} {{subject}}";

/** Events that are handled. */
export const LISTENERS: Row = {
  title: "Events",
  panels: [
    {
      title: "Dead letters",
      description: "Messages in the stream of dead letters, of the whole fleet. Each is kept for a week.",
      unit: "short",
      redFrom: 1,
      queries: [{ expr: "max(messaging_dlq_depth)", legend: "dead letters" }],
    },
    {
      title: "Events published",
      description: "Events a second that a stream has stored.",
      unit: "ops",
      queries: [{
        expr: `sum by (service, subject) (${rate(`messaging_published_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{subject}}",
      }],
    },
    {
      title: "Publishing that failed",
      description: "Events a second that were given up, by kind of failure.",
      unit: "ops",
      queries: [{
        expr: `sum by (service, subject, kind) (${rate(`messaging_publish_failed_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{subject}} {{kind}}",
      }],
    },
    {
      title: "Events handled",
      description: "Events a second by outcome; retry is an attempt that failed and is tried again.",
      unit: "ops",
      queries: [{
        expr: `sum by (${SOURCE}, outcome) (${rate(`messaging_consumed_total{${OF_SERVICE}}`)})`,
        legend: `${OF_SOURCE} {{outcome}}`,
      }],
    },
    {
      title: "Lag",
      description: "Messages that a durable consumer has not delivered yet. Worrying where it grows.",
      unit: "short",
      queries: [{
        expr: `max by (${SOURCE}) (messaging_consumer_lag{${OF_SERVICE}})`,
        legend: OF_SOURCE,
      }],
    },
    {
      title: "Handlers",
      description: "Handlers that run, and messages that were delivered and are not settled.",
      unit: "short",
      queries: [
        {
          expr: `sum by (${SOURCE}) (messaging_handlers_in_flight{${OF_SERVICE}})`,
          legend: `${OF_SOURCE} running`,
        },
        { expr: `sum by (${SOURCE}) (messaging_held_messages{${OF_SERVICE}})`, legend: `${OF_SOURCE} held` },
      ],
    },
    {
      title: "Paused listeners",
      description: "Instances whose listener is paused: their events wait.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `sum by (service, queue_group) (messaging_listener_paused{${OF_SERVICE}})`,
        legend: "{{service}} {{queue_group}}",
      }],
    },
    {
      title: "Partitions on hold",
      description: "Partitions whose events wait until a dead letter is redriven or purged.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `sum by (${SOURCE}) (messaging_partitions_on_hold{${OF_SERVICE}})`,
        legend: OF_SOURCE,
      }],
    },
    {
      title: "Duration of handlers",
      description: "The slowest of a hundred runs.",
      unit: "s",
      queries: [{
        expr: quantile(0.99, SOURCE, `messaging_handler_duration_seconds_bucket{${OF_SERVICE}}`),
        legend: OF_SOURCE,
      }],
    },
    {
      title: "Deliveries again",
      description: "Deliveries a second that were not the first, and acknowledgements that got lost.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (${SOURCE}) (${rate(`messaging_redeliveries_total{${OF_SERVICE}}`)})`,
          legend: `${OF_SOURCE} redelivered`,
        },
        {
          expr: `sum by (${SOURCE}) (${rate(`messaging_ack_failures_total{${OF_SERVICE}}`)})`,
          legend: `${OF_SOURCE} lost acknowledgements`,
        },
      ],
    },
    {
      title: "Events lost to retention",
      description: "Events that a stream dropped before they were handled. Each replica counts what it sees.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `max by (${SOURCE}) (messages_expired_total{${OF_SERVICE}})`,
        legend: OF_SOURCE,
      }],
    },
  ],
};

/** Events that wait in the database. */
export const OUTBOX: Row = {
  title: "Outbox",
  panels: [
    {
      title: "Age of the oldest event",
      description: "For how long the oldest event has been due. Worrying from a minute.",
      unit: "s",
      queries: [{
        expr: `max by (service, table) (outbox_oldest_age_seconds{${OF_SERVICE}})`,
        legend: "{{service}} {{table}}",
      }],
    },
    {
      title: "Events that wait",
      description: "Events that are due, and that are not yet.",
      unit: "short",
      queries: [
        {
          expr: `max by (service, table) (outbox_pending{${OF_SERVICE}})`,
          legend: "{{service}} {{table}} due",
        },
        {
          expr: `max by (service, table) (outbox_delayed{${OF_SERVICE}})`,
          legend: "{{service}} {{table}} later",
        },
      ],
    },
    {
      title: "Events sent",
      description: "Events a second that a stream has stored, and attempts that failed.",
      unit: "ops",
      queries: [
        {
          expr: `sum by (service, table) (${rate(`outbox_sent_total{${OF_SERVICE}}`)})`,
          legend: "{{service}} {{table}} sent",
        },
        {
          expr: `sum by (service, table, kind) (${rate(`outbox_failed_total{${OF_SERVICE}}`)})`,
          legend: "{{service}} {{table}} {{kind}}",
        },
      ],
    },
    {
      title: "Events given up",
      description: "They stay in the table until they are retried.",
      unit: "short",
      redFrom: 1,
      queries: [{
        expr: `max by (service, table) (outbox_dead{${OF_SERVICE}})`,
        legend: "{{service}} {{table}}",
      }],
    },
  ],
};

/** Ticks. */
export const SCHEDULES: Row = {
  title: "Schedules",
  panels: [
    {
      title: "Ticks",
      description: "Ticks a second that ended, by outcome.",
      unit: "ops",
      queries: [{
        expr: `sum by (service, schedule, outcome) (${rate(`schedule_runs_total{${OF_SERVICE}}`)})`,
        legend: "{{service}} {{schedule}} {{outcome}}",
      }],
    },
    {
      title: "Late ticks",
      description: "How late the next tick is. Worrying from five minutes.",
      unit: "s",
      queries: [{
        expr: `max by (service, schedule) (schedule_lag_seconds{${OF_SERVICE}})`,
        legend: "{{service}} {{schedule}}",
      }],
    },
  ],
};
