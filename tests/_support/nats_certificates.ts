/**
 * Makes the certificates of a test server, with openssl.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const runFile = promisify(execFile);

/** A certificate for 127.0.0.1 and localhost, and the authority that has signed it. */
export interface Certificates {
  readonly certFile: string;
  readonly keyFile: string;
  /** The authority's certificate, PEM. */
  readonly ca: string;
}

/** Makes an authority and a certificate in a folder. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => `${folder}/${name}`;
  const openssl = (...args: string[]) => runFile("openssl", args);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    "2",
    "-subj",
    "/CN=Test authority",
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
  );
  await openssl(
    "req",
    ...newKey,
    "-subj",
    "/CN=localhost",
    "-keyout",
    at("server.key"),
    "-out",
    at("server.csr"),
  );
  await writeFile(at("server.ext"), "subjectAltName = DNS:localhost, IP:127.0.0.1\n");
  const signing = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  await openssl(
    "x509",
    "-req",
    "-in",
    at("server.csr"),
    ...signing,
    "-extfile",
    at("server.ext"),
    "-out",
    at("server.pem"),
  );
  return { certFile: at("server.pem"), keyFile: at("server.key"), ca: await readFile(at("ca.pem"), "utf8") };
}
