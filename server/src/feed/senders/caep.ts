import type { Answer } from '../../outbound/line.ts'
import { type HttpSettings, openPoster } from './http.ts'
import { parseAnswer, Rejected, requireTaken, type Sender, Unsent } from './sender.ts'

type Settings = HttpSettings & { token: string | undefined; sign(claims: string): string }

const errorIn = (answer: Answer): string => {
  const { err } = Object(parseAnswer(answer)) as { err?: unknown }
  return typeof err === 'string' && /^[a-z_]{1,40}$/.test(err) ? err : 'unknown'
}

/** What is wrong with this token alone; every other error is about keys, issuer or audience, and would meet the next one too. */
const aboutTheToken = 'invalid_request'

/** Pushes security event tokens (RFC 8935), one a request. */
export const openCaep = ({ token, sign, ...settings }: Settings): Sender => {
  const poster = openPoster(settings)
  return {
    limits: { events: 1, bytes: 100_000 },
    async send(items) {
      for (const { text } of items) {
        const answer = await poster.post(sign(text), {
          'content-type': 'application/secevent+jwt',
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        })
        if (answer.status !== 400) requireTaken(answer)
        else if (errorIn(answer) === aboutTheToken) throw new Rejected('it answered invalid_request')
        else throw new Unsent(`it answered ${errorIn(answer)}`)
      }
    },
    close: poster.close,
  }
}
