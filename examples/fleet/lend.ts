import type { MessageBus } from "@glam/shared/messaging";

/** The bus for a service, which closes what it is given: its owner closes this one, when no service needs it any more. */
export function lend(bus: MessageBus): MessageBus {
  return new Proxy(bus, {
    get(target, name) {
      if (name === "close" || name === Symbol.asyncDispose) return () => Promise.resolve();
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
