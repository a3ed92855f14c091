import pg from 'pg'

type Wire = { query(text: string): void; sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }

/** A statement of `COPY … FROM STDIN` in the form in which pg sends statements. */
class CopyIn {
  readonly text: string
  readonly chunk: Buffer
  readonly done: (error?: Error) => void

  constructor(text: string, chunk: Buffer, done: (error?: Error) => void) {
    this.text = text
    this.chunk = chunk
    this.done = done
  }

  submit(wire: Wire): void {
    wire.query(this.text)
  }
  handleCopyInResponse(wire: Wire): void {
    wire.sendCopyFromChunk(this.chunk)
    wire.endCopyFrom()
  }
  handleError(error: Error): void {
    this.done(error)
  }
  handleCommandComplete(): void {}
  handleReadyForQuery(): void {
    this.done()
  }
}

/** A connection that copies rows in. */
export const copyClient = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return {
    copy: (text: string, rows: string): Promise<void> =>
      new Promise((resolve, reject) => {
        client.query(new CopyIn(text, Buffer.from(rows), (error) => (error ? reject(error) : resolve())) as unknown as pg.Submittable)
      }),
    close: () => client.end(),
  }
}
