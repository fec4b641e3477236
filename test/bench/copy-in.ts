import type pg from 'pg';

/** The parts of pg's wire connection that COPY needs; pg itself has no COPY (that is a package of its own). */
interface WireConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Copies lines in PostgreSQL's text format into a table: one COPY, one transaction. */
export function copyIn(client: pg.Client, statement: string, lines: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const submittable = {
      submit: (connection: WireConnection) => connection.query(statement),
      handleCopyInResponse: (connection: WireConnection) => {
        connection.sendCopyFromChunk(Buffer.from(lines));
        connection.endCopyFrom();
      },
      handleCommandComplete: () => undefined,
      handleError: (error: Error) => (failure = error),
      handleReadyForQuery: () => (failure === undefined ? resolve() : reject(failure)),
    };
    client.query(submittable as unknown as pg.Submittable);
  });
}
