import type { AlertRule } from "./_rule.ts";
import { ofInstances, rise, type Scope, select, withService } from "./_selector.ts";

const SOURCE = "by (service, queue_group, subject)";
const WHERE = "{{ $labels.queue_group }} of {{ $labels.service }}";

/** What the alerts of listeners are made of. */
export interface ListenerSettings extends Scope {
  readonly minFailures: number;
}

/** Alerts of what happens to events once they are in a stream. */
export function listenerAlerts(settings: ListenerSettings): AlertRule[] {
  const { minFailures } = settings;
  const lag = `max ${SOURCE} (${select(settings, "messaging_consumer_lag")})`;
  const consumed = (...matchers: string[]) => select(settings, "messaging_consumed_total", ...matchers);
  const perSecond = (...matchers: string[]) => `sum ${SOURCE} (rate(${consumed(...matchers)}[10m]))`;
  const count = (...matchers: string[]) => `sum ${SOURCE} (increase(${consumed(...matchers)}[10m]))`;
  const paused = select(settings, "messaging_listener_paused");
  const settled = 'outcome!="retry"';
  const buried = 'outcome=~"dlq|invalid"';
  return [
    {
      alert: "GlamMessagesExpired",
      severity: "page",
      expr: `max ${SOURCE} ${rise(select(settings, "messages_expired_total"), "15m")}`,
      summary: `${WHERE} lost {{ $value }} events of {{ $labels.subject }}`,
      description: "The stream dropped events before they were handled. They are gone.",
    },
    {
      alert: "GlamListenerSilent",
      severity: "page",
      expr: `${lag} > 0\n  unless ${perSecond()} > 0\n  unless min ${SOURCE} (${paused}) == 1`,
      for: "10m",
      summary: `${WHERE} handles none of {{ $value }} events of {{ $labels.subject }}`,
      description: "Events wait, and no instance has handled one for 10 minutes.",
    },
    {
      alert: "GlamListenerPaused",
      severity: "ticket",
      expr: `max ${SOURCE} (${paused}) == 1`,
      for: "1h",
      summary: `${WHERE} has been paused for an hour`,
      description:
        "Somebody has paused the listener. Its events wait, and are dropped when their stream is full.",
    },
    {
      alert: "GlamListenerLagging",
      severity: "ticket",
      expr: `${lag}\n  / (${perSecond(settled)} > 0)\n  > 600`,
      for: "10m",
      summary: `${WHERE} is {{ $value | humanizeDuration }} behind on {{ $labels.subject }}`,
      description: "At the pace of the last 10 minutes, working off what waits takes longer than 10 minutes.",
    },
    {
      alert: "GlamHandlersFailing",
      severity: "ticket",
      expr: `${perSecond('outcome="retry"')} / ${perSecond()} > 0.5\n  and ${
        count('outcome="retry"')
      } >= ${minFailures}`,
      for: "10m",
      summary: `${WHERE} fails {{ $value | humanizePercentage }} of its runs for {{ $labels.subject }}`,
      description: "Most runs of the handler fail and are tried again.",
    },
    {
      alert: "GlamDeadLetters",
      severity: "ticket",
      expr: `sum ${SOURCE} ${rise(consumed(buried), "15m")}`,
      summary: `${WHERE} could not handle {{ $value | printf "%.0f" }} events of {{ $labels.subject }}`,
      description: "They are dead letters now: kept for a week, and not handled.",
    },
    {
      alert: "GlamDeadLettersMany",
      severity: "page",
      expr: `${perSecond(buried)} / ${perSecond(settled)} > 0.1\n  and ${count(buried)} >= ${minFailures}`,
      for: "5m",
      summary: `${WHERE} cannot handle {{ $value | humanizePercentage }} of {{ $labels.subject }}`,
      description:
        "More than a tenth of the events become dead letters: the handler is broken, not an event.",
    },
    {
      alert: "GlamDeadLettersWaiting",
      severity: "ticket",
      expr: withService(settings, `max(${ofInstances(settings, "messaging_dlq_depth")}) > 0`),
      for: "1d",
      summary: "{{ $value }} dead letters wait for somebody",
      description: "Dead letters have been there for a day. Each is dropped when it is a week old.",
    },
    {
      alert: "GlamPublishFailing",
      severity: "ticket",
      expr: `sum by (service, subject, kind) ${
        rise(select(settings, "messaging_publish_failed_total"), "15m")
      }`,
      summary:
        '{{ $labels.service }} gave up {{ $value | printf "%.0f" }} events of {{ $labels.subject }}: {{ $labels.kind }}',
      description: "Events that were published without an outbox did not reach a stream.",
    },
  ];
}
