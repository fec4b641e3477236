import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

/** A self-signed certificate and its key, as PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
  /** SHA-256, `AB:CD:...`. */
  readonly fingerprint: string;
}

const OID = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  subjectAlternativeName: [0x55, 0x1d, 0x11],
} as const;

/**
 * Makes a certificate of its own, as the Client Portal Gateway does, valid for years, on a new P-256 key.
 *
 * Node signs but issues no certificates; the few DER structures (RFC 5280) are written here, so that neither openssl nor a
 * package with twenty others behind it is needed.
 */
export function createCertificate(hosts: readonly string[]): CertificateAndKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(tlv(0x06, Buffer.from(OID.ecdsaWithSha256)));
  const name = sequence(tlv(0x31, sequence(tlv(0x06, Buffer.from(OID.commonName)), tlv(0x0c, Buffer.from(hosts[0] ?? 'localhost')))));
  const names = sequence(...hosts.map((host) => tlv(0x82, Buffer.from(host))));
  const extension = sequence(tlv(0x06, Buffer.from(OID.subjectAlternativeName)), tlv(0x04, names));
  const unsigned = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    // The leading 0 keeps the serial number positive.
    tlv(0x02, Buffer.concat([Buffer.from([0, 0x80]), randomBytes(8)])),
    algorithm,
    name,
    sequence(time(2000), time(2099)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(extension)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', unsigned, privateKey)]);
  const certificate = new X509Certificate(sequence(unsigned, algorithm, tlv(0x03, signature)));
  return {
    cert: certificate.toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    fingerprint: certificate.fingerprint256,
  };
}

/** Midnight of the first of January as GeneralizedTime. */
function time(year: number): Buffer {
  return tlv(0x18, Buffer.from(`${year}0101000000Z`));
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(contents));
}

/** Tag, length, value. */
function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
