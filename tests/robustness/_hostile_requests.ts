// What fuzz_test.ts sends: requests that are wrong, odd, huge or malicious in every part.
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { paths } from "./_hostile_app.ts";

/** A request, before any client has looked at it. Text is latin1: one character for each byte. */
export interface HostileRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

const DEEP = 100_000;

function one<T>(...values: readonly T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

/** Text of any bytes. */
const bytes = fc.uint8Array({ maxLength: 40 }).map((data) => Buffer.from(data).toString("latin1"));

/** Text of any characters, as UTF-8. */
const utf8 = fc.string({ unit: "binary", maxLength: 30 }).map((text) =>
  Buffer.from(text.toWellFormed(), "utf8").toString("latin1")
);

const SNIPPETS = [
  "../../etc/passwd",
  "<script>alert(1)</script>",
  "' OR 1=1 --",
  "${jndi:ldap://evil/a}",
  "{{7*7}}",
  "%00",
  "__proto__",
  "constructor.prototype",
  "\r\nX-Injected: 1\r\n\r\n<html>",
  "\nX-Injected: 1",
  "\rX-Injected: 1",
  "%0d%0aX-Injected:%201",
  "%0aX-Injected:%201",
  "\u00e5\u0098\u008a\u00e5\u0098\u008dX-Injected: 1", // U+560A U+560D, whose low bytes are CR LF
  "\xc0\xae\xc0\xae/",
  "\xff\xfe",
  "\0",
  "\x7f",
  "NaN",
  "Infinity",
  "-0",
  "1e309",
  "99999999999999999999999999",
  "0x10",
  "\t7 ",
  "\u00c3\u00a9".repeat(20),
];

const text = fc.oneof(utf8, bytes, one(...SNIPPETS), one("a".repeat(129), "a".repeat(10_000), ""));

const percent = fc.oneof(
  text.map((value) => encodeURIComponent(value.toWellFormed())),
  one("%", "%2", "%zz", "%E0%A4%A", "%ff%fe", "%c0%af", "%u0041", "%2525", "%2F..%2F", "%5c", "a%", "%00"),
);

const segment = fc.oneof(
  { weight: 3, arbitrary: percent },
  {
    weight: 2,
    arbitrary: one("", ".", "..", "*", ":id", "{id}", ";a=b", "a,b", "0", "-1", "1.5", "~", "'", "(", "\\"),
  },
  { weight: 1, arbitrary: one("a".repeat(3000), "%41".repeat(1000), "%F0%9F%98%80".repeat(50)) },
);

const path = fc.oneof(
  { weight: 6, arbitrary: one(...paths) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      one("/things", "/slugs", "/lookup", "/files", "/optional", "/sub", "/created"),
      segment,
    )
      .map(([prefix, last]) => `${prefix}/${last}`),
  },
  {
    weight: 2,
    arbitrary: fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => "/" + parts.join("/")),
  },
  {
    weight: 1,
    arbitrary: one(
      "//",
      "///",
      "//evil.example/pages",
      "//evil.example/%2e%2e",
      "/\\evil.example/pages",
      "/echo/",
      "/ECHO",
      "/echo//",
      "/metrics/",
      "/health/ready/..",
      "/" + "a/".repeat(3000),
      "/things/" + "9".repeat(400),
    ),
  },
);

const queryPart = fc.tuple(
  fc.oneof(
    one(
      "q",
      "sort",
      "ids",
      "page",
      "limit",
      "cursor",
      "filter[name]",
      "__proto__",
      "constructor",
      "",
      "a[b][c]",
    ),
    percent,
  ),
  fc.oneof(
    percent,
    one("1", "0", "-1", "1e9", "9007199254740993", "Infinity", " 7", "0x7", "1&1", "a=b=c", "+", "&&&"),
  ),
).map(([name, value]) => `${name}=${value}`);

const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  {
    weight: 5,
    arbitrary: fc.array(queryPart, { minLength: 1, maxLength: 6 }).map((parts) => "?" + parts.join("&")),
  },
  {
    weight: 1,
    arbitrary: one(
      "?",
      "??",
      "?&",
      "?=",
      "?%",
      "?%=%",
      "?" + "a=1&".repeat(2000),
      "?q=" + "x".repeat(8000),
      "?" + Array.from({ length: 1000 }, (_, i) => `ids=${i}`).join("&"),
      "?page=1&page=2&limit=1&limit=",
    ),
  },
);

const method = fc.oneof(
  { weight: 5, arbitrary: one("GET", "POST") },
  { weight: 2, arbitrary: one("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") },
  {
    weight: 1,
    arbitrary: one(
      "BREW",
      "PROPFIND",
      "get",
      "pOsT",
      "X".repeat(300),
      "A-B",
      "!#$%&'*+-.^_`|~",
      "QUERY",
      "ALL",
    ),
  },
);

const ids = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9._:=+/-]{1,128}$/),
  one(
    "a".repeat(128),
    "a".repeat(129),
    "a".repeat(8000),
    "",
    " ",
    "a b",
    "a,b",
    "\xe9",
    "\u00f0\u009f\u0098\u0080",
    "a\tb",
    '"',
    "\\",
  ),
  text,
);

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const traceparent = fc.oneof(
  fc.tuple(one("00", "01", "cc", "ff", "0A"), digits(32), digits(16), digits(2)).map((parts) =>
    parts.join("-")
  ),
  one(
    "00-" + "0".repeat(32) + "-" + "1".repeat(16) + "-01",
    "00",
    "-".repeat(4000),
    "00-" + "a".repeat(9000),
  ),
  text,
);
const tracestate = fc.oneof(
  fc.array(fc.tuple(fc.stringMatching(/^[a-z0-9@_*/-]{1,20}$/), fc.stringMatching(/^[ -~]{0,20}$/)), {
    maxLength: 40,
  })
    .map((members) => members.map((member) => member.join("=")).join(",")),
  one(
    ",".repeat(4000),
    "a=1,".repeat(40),
    "a=" + "b".repeat(600),
    "=".repeat(2000),
    "a" + " ".repeat(2000) + "b",
  ),
  text,
);
const baggage = fc.oneof(
  fc.array(fc.tuple(text, text), { maxLength: 10 }).map((members) =>
    members.map((member) => member.join("=")).join(",")
  ),
  one(
    "a=1,".repeat(300),
    "k=" + "v".repeat(9000),
    "a=1" + ";p=1".repeat(2000),
    "a=%ff%fe%",
    ";".repeat(3000),
    "a=b" + " ".repeat(3000) + ";",
  ),
  text,
);
const accept = fc.oneof(
  one(
    "application/problem+json",
    "application/problem+json;q=0",
    "application/problem+json;q=0.5, application/json;q=0.9",
    "application/problem+json;q=9",
    "application/problem+json;q=;q=1",
    "APPLICATION/PROBLEM+JSON",
    "application/problem+json" + ";a=b".repeat(1000),
    "*/*",
    "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
    ",,,",
    ";;;",
    "a/b;q=" + "0".repeat(3000),
    "application/problem+json,".repeat(300),
  ),
  text,
);
const contentType = fc.oneof(
  {
    weight: 4,
    arbitrary: one(
      "application/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
    ),
  },
  {
    weight: 2,
    arbitrary: one(
      "application/json; charset=utf-16",
      "application/json; charset=nonsense",
      "application/json;charset=utf-8;;",
      "application/vnd.api+json",
      "application/JSON",
      "application/json, text/plain",
      "application/jsonx",
      "text/json",
      "text/plain",
      "multipart/form-data",
      "multipart/form-data; boundary=",
      "multipart/form-data; boundary=" + "b".repeat(5000),
      "application/xml",
      "",
      "/",
      ";",
    ),
  },
  { weight: 1, arbitrary: text },
);

const header = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(one("X-Request-ID", "x-correlation-id", "X-CORRELATION-ID"), ids) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("traceparent"), traceparent) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("tracestate"), tracestate) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("baggage"), baggage) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("Accept"), accept) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      one("Cookie", "X-Tenant", "X-Api-Version", "Authorization", "Referer", "Origin"),
      text,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      one("X-Forwarded-For", "Forwarded", "X-Real-IP"),
      fc.oneof(
        text,
        one(
          "1.2.3.4, 10.0.0.1",
          "[::1]:80",
          "::ffff:10.0.0.1",
          "1:2:3:4:5:6:7:8:9",
          "999.1.1.1",
          "[".repeat(999),
          "::" + ":".repeat(500),
          ",".repeat(2000),
        ),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      one("If-None-Match", "Range", "Expect-CT", "X-HTTP-Method-Override", "__proto__", "constructor"),
      text,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant("Content-Length"),
      one("0", "5", "999999999999", "-1", "1e3", "0x10", "abc", "", "5, 5", "+5"),
    ),
  },
);

const ITEM = '{"name":"a","price":1,"tags":["x"],"owner":{"address":{"city":"c","zip":"12345"}}}';

const json = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.json({ maxDepth: 5 }).map((value) => Buffer.from(value, "utf8").toString("latin1")),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      name: fc.oneof(fc.string(), fc.jsonValue()),
      price: fc.oneof(fc.double(), fc.jsonValue()),
      tags: fc.jsonValue(),
      owner: fc.jsonValue(),
      size: fc.jsonValue(),
      attributes: fc.jsonValue(),
      event: fc.jsonValue(),
      children: fc.jsonValue(),
    }, { requiredKeys: [] }).map((value) => Buffer.from(JSON.stringify(value), "utf8").toString("latin1")),
  },
  {
    weight: 4,
    arbitrary: one(
      ITEM,
      `[${ITEM},${ITEM}]`,
      '{"name":"root","children":[{"name":"leaf","children":[]}]}',
      ITEM.slice(0, -1),
      ITEM + ITEM,
      ITEM.replace("1", "1e999"),
      ITEM.replace("1", "-" + "9".repeat(5000)),
      ITEM.replace("1", "0." + "0".repeat(5000) + "1"),
      ITEM.replace("1", "NaN"),
      ITEM.replace("1", "01"),
      '{"name":"a","name":"b","price":1,"price":"x"}',
      '{"name":"a","price":1,"__proto__":{"polluted":true}}',
      '{"name":"a","price":1,"attributes":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}',
      '{"__proto__":{"name":"a","price":1}}',
      '{"name":"a","price":1,"attributes":{"toString":1,"hasOwnProperty":1,"toJSON":1,"then":1}}',
      '{"name":"\\ud800","price":1}',
      '{"name":"\\u0000","price":1}',
      '{"name":"\xff\xfe","price":1}',
      "\xef\xbb\xbf" + ITEM,
      "\xff\xfe{\0}\0",
      "null",
      "true",
      '"text"',
      "[]",
      "",
      " ",
      "\0",
      "{",
      "]",
      "{'name': 'a'}",
      '{"name": undefined}',
      "[" + "1,".repeat(20_000) + "1]",
      "{" + Array.from({ length: 5000 }, (_, i) => `"k${i}":1`).join() + "}",
      `{"name":"${"x".repeat(200_000)}","price":1}`,
      '"' + "x".repeat(1_100_000) + '"', // over 1 MiB
    ),
  },
);

/** JSON so deep that whatever recurses over it runs out of stack. */
const deepJson = one(
  "[".repeat(DEEP) + "]".repeat(DEEP),
  '{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP),
  '{"name":"n","children":['.repeat(20_000) + "]}".repeat(20_000),
  `{"name":"a","price":1,"attributes":{"x":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}}`,
  "[".repeat(DEEP),
);

const form = fc.oneof(
  fc.array(queryPart, { maxLength: 5 }).map((parts) => parts.join("&")),
  one(
    "title=a&count=1",
    "title=a&title=b&title[]=c",
    "__proto__[polluted]=1&title=a",
    "title=" + "x".repeat(10_000),
    '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\na\r\n--x--\r\n',
    '--x\r\nContent-Disposition: form-data; name="file"; filename="../../a\xff"\r\nContent-Type: a/b\r\n\r\n\0\xff\r\n--x--\r\n',
    "--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n",
    '--x\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\na\r\n--x--\r\n',
    "--x\r\n\r\n--x--",
    "--x",
    "--x--",
    "\r\n".repeat(1000),
    '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\na',
    "%".repeat(1000),
    "&=&=".repeat(5000),
  ),
);

const body = fc.oneof(
  { weight: 6, arbitrary: json },
  { weight: 3, arbitrary: form },
  { weight: 2, arbitrary: text },
);

const jsonTarget = one("/items", "/items", "/tree", "/any");

/** A request in which any part may be hostile. */
const anything: fc.Arbitrary<HostileRequest> = fc.record({
  method,
  target: fc.tuple(path, query).map((parts) => parts.join("")),
  headers: fc.tuple(fc.array(header, { maxLength: 5 }), fc.option(contentType, { nil: undefined }))
    .map(([headers, type]) =>
      type === undefined ? headers : [...headers, ["Content-Type", type] as [string, string]]
    ),
  body: fc.option(body, { nil: undefined }),
});

/** A request that gets past the router and the media type, so that a schema sees it. */
const almostRight: fc.Arbitrary<HostileRequest> = fc.oneof(
  fc.record({
    method: one("POST", "POST", "PUT"),
    target: jsonTarget,
    headers: fc.array(header, { maxLength: 2 }).map((
      headers,
    ) => [...headers, ["Content-Type", "application/json"] as const]),
    body: json,
  }),
  fc.record({
    method: fc.constant("POST"),
    target: fc.constant("/form"),
    headers: one("application/x-www-form-urlencoded", "multipart/form-data; boundary=x").map((
      type,
    ) => [["Content-Type", type] as const]),
    body: form,
  }),
  fc.record({
    method: fc.constant("GET"),
    target: fc.tuple(one("/search", "/pages", "/cursors", "/echo"), query).map((parts) => parts.join("")),
    headers: fc.array(header, { maxLength: 3 }),
    body: fc.constant(undefined),
  }),
  fc.record({
    method: fc.constant("POST"),
    target: fc.constant("/created"),
    headers: fc.array(header, { maxLength: 2 }),
    body: text,
  }),
);

const deep: fc.Arbitrary<HostileRequest> = fc.record({
  method: fc.constant("POST"),
  target: jsonTarget,
  headers: fc.constant([["Content-Type", "application/json"] as const]),
  body: deepJson,
});

/** A hostile request. */
export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.oneof(
  { weight: 60, arbitrary: anything },
  { weight: 39, arbitrary: almostRight },
  { weight: 1, arbitrary: deep },
);

const host = fc.oneof(
  { weight: 2, arbitrary: fc.constant("127.0.0.1") },
  {
    weight: 1,
    arbitrary: one(
      "a b",
      "[::",
      "evil.example",
      "",
      "\xff",
      "a".repeat(2000),
      "127.0.0.1:99999",
      "user@host",
      "/",
      "?",
    ),
  },
);

/** How a request is put on the wire, which may be wrong in itself. */
const framing = fc.oneof(
  { weight: 4, arbitrary: fc.constant("length" as const) },
  {
    weight: 3,
    arbitrary: one(
      "chunked",
      "too-long",
      "too-short",
      "two-lengths",
      "length-and-chunked",
      "bad-chunk",
      "chunk-extension",
      "no-host",
      "two-hosts",
      "http-1.0",
      "http-9.9",
      "bare-lf",
      "folded",
      "space-before-colon",
      "no-colon",
      "nul-in-name",
      "absolute",
      "asterisk",
      "authority",
      "garbage",
      "truncated-head",
      "expect",
      "upgrade",
      "leading-crlf",
      "many-headers",
      "long-header",
    ),
  },
);

/** The bytes of a hostile request on a connection of its own. */
export const hostileBytes: fc.Arbitrary<
  { readonly method: string; readonly bytes: Buffer; readonly what: string }
> = fc
  .tuple(
    fc.oneof({ weight: 1, arbitrary: anything }, { weight: 1, arbitrary: almostRight }),
    framing,
    host,
    bytes,
  )
  .map(([request, framing, host, garbage]) => ({
    method: request.method,
    what: framing,
    bytes: Buffer.from(toWire(request, framing, host, garbage), "latin1"),
  }));

/** The request as far as the runtime's `Request` can be made to hold it, or `undefined` where it can not at all. */
export function toRequest({ method, target, headers, body }: HostileRequest): Request | undefined {
  const kept = new Headers();
  for (const [name, value] of headers) {
    try {
      kept.append(name, value);
    } catch { // a line break, NUL or the like: those go over a socket below
    }
  }
  const hasBody = body !== undefined && !/^(get|head)$/i.test(method);
  try {
    return new Request(`http://127.0.0.1${target}`, {
      method,
      headers: kept,
      ...(hasBody && { body: Buffer.from(body, "latin1") }),
    });
  } catch {
    return undefined;
  }
}

/** Handlers that read the body themselves: hanging_up_test.ts has what happens when it does not come. */
const READ_BY_HANDLER = /^\/(created|echo)/;

function toWire(request: HostileRequest, framing: string, host: string, garbage: string): string {
  const { method, body = "" } = request;
  const target = framing === "absolute"
    ? `http://evil.example${request.target}`
    : framing === "asterisk"
    ? "*"
    : framing === "authority"
    ? "evil.example:443"
    : request.target;
  const version = framing === "http-1.0" ? "HTTP/1.0" : framing === "http-9.9" ? "HTTP/9.9" : "HTTP/1.1";
  const eol = framing === "bare-lf" ? "\n" : "\r\n";
  const lines = [`${method} ${target} ${version}`];
  if (framing !== "no-host") lines.push(`Host: ${host}`);
  if (framing === "two-hosts") lines.push("Host: other");
  for (const [name, value] of request.headers) {
    if (name === "Content-Length") continue; // there is one that belongs to the framing
    lines.push(`${name}: ${value}`);
  }
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const framed: Record<string, readonly [headers: readonly string[], body: string]> = {
    chunked: [["Transfer-Encoding: chunked"], body === "" ? "0\r\n\r\n" : chunked],
    "too-long": [[`Content-Length: ${body.length + (READ_BY_HANDLER.test(target) ? 0 : 10)}`], body],
    "too-short": [[`Content-Length: ${Math.max(0, body.length - 5)}`], body],
    "two-lengths": [[`Content-Length: ${body.length}`, "Content-Length: 3"], body],
    "length-and-chunked": [["Content-Length: 3", "Transfer-Encoding: chunked"], chunked],
    "bad-chunk": [["Transfer-Encoding: chunked"], `zz\r\n${body}\r\n0\r\n\r\n`],
    "chunk-extension": [
      ["Transfer-Encoding: chunked"],
      `1;${"a=b;".repeat(500)}\r\nx\r\n0\r\nX-Injected: 1\r\n\r\n`,
    ],
    expect: [["Expect: 100-continue", `Content-Length: ${body.length}`], body],
    upgrade: [["Connection: upgrade", "Upgrade: websocket", `Content-Length: ${body.length}`], body],
    folded: [["X-Folded: a", " b", `Content-Length: ${body.length}`], body],
    "space-before-colon": [["X-Space : a", `Content-Length: ${body.length}`], body],
    "no-colon": [["nonsense", `Content-Length: ${body.length}`], body],
    "nul-in-name": [["X-\0: a", `Content-Length: ${body.length}`], body],
    "many-headers": [[
      ...Array.from({ length: 500 }, (_, i) => `X-${i}: ${i}`),
      `Content-Length: ${body.length}`,
    ], body],
    "long-header": [[`X-Long: ${"a".repeat(100_000)}`, `Content-Length: ${body.length}`], body],
  };
  const [headers, payload] = framed[framing] ?? [[`Content-Length: ${body.length}`], body];
  lines.push(...headers, "Connection: close");
  const whole = lines.join(eol) + eol + eol + payload;
  if (framing === "garbage") return garbage;
  if (framing === "truncated-head") return lines.join(eol).slice(0, -3);
  return framing === "leading-crlf" ? "\r\n\r\n" + whole : whole;
}
