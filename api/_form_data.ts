const BOUNDARY = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i;
const CONTENT_TYPE = /^content-type[ \t]*:[ \t]*(.*?)[ \t]*$/im;
const NAME = /^content-disposition[ \t]*:.*?;[ \t]*name=/im;

let losing: Promise<boolean> | undefined;

/**
 * Whether `formData()` loses the media types of files, as that of Bun up to 1.4 does: it stops reading the header of a
 * part at its `Content-Disposition`, and guesses the type from the name of the file (oven-sh/bun#33012).
 */
export function losesFileTypes(): Promise<boolean> {
  return losing ??= probe();
}

async function probe(): Promise<boolean> {
  const head = 'Content-Disposition: form-data; name="a"; filename="a"\r\nContent-Type: a/b';
  const body = new TextEncoder().encode(`--x\r\n${head}\r\n\r\n\r\n--x--\r\n`);
  const file = (await parse(body.buffer, "multipart/form-data; boundary=x")).get("a");
  return (file as Blob | null)?.type !== "a/b";
}

/** The form in a body of `multipart/form-data`, whose files have the media types that their parts name. */
export async function formDataWithTypes(body: ArrayBuffer, contentType: string): Promise<FormData> {
  const form = await parse(body, contentType);
  const types = declaredTypes(body, contentType);
  const entries = [...form];
  if (types.length !== entries.length) return form; // parts that the parser left out, and nobody knows which
  const typed = new FormData();
  entries.forEach(([name, value], index) => {
    const type = types[index];
    if (typeof value === "string") typed.append(name, value);
    else typed.append(name, type === undefined ? value : new File([value], value.name ?? "", { type }));
  });
  return typed;
}

async function parse(body: ArrayBuffer, contentType: string): Promise<FormData> {
  return await new Response(body, { headers: { "Content-Type": contentType } }).formData();
}

/** The `Content-Type` of each part that has a name. */
function declaredTypes(body: ArrayBuffer, contentType: string): (string | undefined)[] {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return [];
  // One character for each byte, so that the contents of files are no obstacle.
  const parts = `\r\n${new TextDecoder("latin1").decode(body)}`.split(`\r\n--${boundary}`).slice(1, -1);
  return parts
    .map((part) => part.slice(0, part.indexOf("\r\n\r\n")))
    .filter((head) => NAME.test(head))
    .map((head) => CONTENT_TYPE.exec(head)?.[1]);
}
