import type { Service } from "@glam/shared/service";

/** What runs. */
export interface Fleet {
  readonly credits: Service;
  readonly orders: Service;
  /** The operations page. */
  readonly page: Service;
  /** A token of the merchant `demo`. */
  readonly token: string;
}

/** Says where the services are, and what to try. */
export function announce({ token, ...services }: Fleet): void {
  const [credits, orders, page] = [services.credits, services.orders, services.page].map(urlOf);
  console.log(`The fleet runs:

  credits       ${credits}/docs
  orders        ${orders}/docs
  operations    ${page}

Place an order, which takes credits. Look at it, and pay it, or wait for a minute: then it is cancelled, and the
credits are back.

  TOKEN=${token}
  curl ${orders}/api/v1/orders -H "authorization: Bearer $TOKEN" -H "idempotency-key: $(date +%s)" -H 'content-type: application/json' -d '{"credits": 30}'
  curl ${credits}/api/v1/merchants/demo -H "authorization: Bearer $TOKEN"
  ORDER=$(curl -s '${orders}/api/v1/orders?limit=1' -H "authorization: Bearer $TOKEN" | grep -oE '[0-9a-f-]{36}' | head -n 1)
  curl ${orders}/api/v1/orders/$ORDER/pay -X POST -H "authorization: Bearer $TOKEN" -H "idempotency-key: $(date +%s)"
  curl ${orders}/api/v1/orders/$ORDER/history -H "authorization: Bearer $TOKEN"
`);
}

function urlOf({ address }: Service): string {
  return address!.url;
}
