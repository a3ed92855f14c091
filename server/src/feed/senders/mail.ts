import { createTransport } from 'nodemailer'
import { callFailureFrom } from '../../outbound/failure.ts'
import { classOfAddress, passWall, type Wall } from '../../outbound/wall.ts'
import { Rejected, type Sender, Unsent, unsentBy } from './sender.ts'

type Settings = {
  host: string
  port: number
  /** TLS from the first byte; else by STARTTLS, which is asked for everywhere but on loopback. */
  tls: boolean
  wall: Wall
  ca?: string | undefined
  user?: string | undefined
  password?: string | undefined
  from: string
  to: readonly string[]
}

/** The client has codes of its own, and keeps the system's beside. */
type Failure = Error & { code?: string; originalCode?: string; responseCode?: number; command?: string }

/** A 5xx after the message was begun is about the message or its recipients; anything before is about us, or the server. */
const judge = (error: Failure): Error => {
  const { responseCode = 0, command = '', code, originalCode = code } = error
  const isAboutIt = responseCode >= 500 && /^(?:RCPT TO|DATA|MAIL FROM)$/.test(command)
  if (isAboutIt) return new Rejected(`it answered ${responseCode}`)
  return responseCode > 0
    ? new Unsent(`it answered ${responseCode}`)
    : unsentBy(callFailureFrom(Object.assign(error, { code: originalCode })))
}

/** E-mail by SMTP. A message's id is made of the event's: who gets it twice sees it once. */
export const openMail = ({ host, port, tls, wall, ca, user, password, from, to }: Settings): Sender => ({
  limits: { events: 1, bytes: 1_000_000 },
  async send(items) {
    for (const { event, text, subject, origin } of items) {
      try {
        const address = await passWall(host, wall)
        const transport = createTransport({
          host: address,
          port,
          secure: tls,
          requireTLS: classOfAddress(address) !== 'loopback',
          tls: { servername: host, ...(ca === undefined ? {} : { ca }) },
          connectionTimeout: 10_000,
          greetingTimeout: 10_000,
          socketTimeout: 30_000,
          disableFileAccess: true,
          disableUrlAccess: true,
          ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
        })
        await transport.sendMail({
          from,
          to: [...to],
          subject,
          text,
          messageId: `<${event.id}@${origin.replace(/[^A-Za-z0-9.-]/g, '.')}>`,
          date: new Date(event.occurred_at),
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
      } catch (error) {
        throw judge(error as Failure)
      }
    }
  },
  close: async () => {},
})
