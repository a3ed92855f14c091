import { z } from 'zod'
import { ViewId } from './ids.ts'

/** Name of an upstream; the one that `gateway.upstream` names is `default`. */
export const UpstreamName = z
  .string()
  .regex(/^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/)
  .describe('Name of an upstream')

/** The upstream that a route belongs to where it names none. */
export const defaultUpstream = 'default'

/**
 * The product in a browser, on an origin of its own for each of its upstreams. The frame that shows it loads `enterPath` of an origin, is
 * given a code by `postMessage`, and goes on to the product.
 */
export const View = z
  .object({
    view_id: ViewId,
    origins: z
      .array(z.object({ upstream: UpstreamName, origin: z.url() }))
      .min(1)
      .describe('The default upstream stands first'),
  })
  .meta({ id: 'View' })
export type View = z.infer<typeof View>

/** 32 random bytes, or a SHA-256, in base64url. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

export const MintCode = z
  .strictObject({
    origin: z.string().max(300).describe('Where the code is to be used: one of the origins of the view'),
    browser: bytes32.describe('What the page at `enterPath` said: the SHA-256 of a secret that this browser alone has'),
  })
  .meta({ id: 'MintCode' })
export type MintCode = z.infer<typeof MintCode>

export const codeSeconds = 60
export const HandOverCode = z.string().regex(/^cs_view_[A-Za-z0-9_-]{43}$/)
export const MintedCode = z
  .object({ code: HandOverCode.describe(`Lives ${codeSeconds} seconds and is used once, by that browser at that origin`) })
  .meta({ id: 'MintedCode' })
export type MintedCode = z.infer<typeof MintedCode>

/** Paths at the origin of a view that are never the product's. */
export const reservedPrefix = '/.countersign/'
export const enterPath = `${reservedPrefix}enter`

/** A page of ours that goes on to the path behind its `#`: for the console, which is another site, and so may not go there itself. */
export const openPath = `${reservedPrefix}open`

/** The frame's whole sandbox. It can neither leave the frame nor open a window. */
export const viewSandbox = 'allow-scripts allow-forms allow-same-origin'

/** What the page at `enterPath` tells the console that frames it: that it waits for a code, and that it has entered; and any page of
 * ours, that it refused what was asked for. */
export const FrameMessage = z.discriminatedUnion('countersign', [
  z.object({ countersign: z.literal('ready'), browser: bytes32 }),
  z.object({ countersign: z.literal('entered') }),
  z.object({ countersign: z.literal('refused'), code: z.string().max(60) }),
])
export type FrameMessage = z.infer<typeof FrameMessage>

/** What the console answers a page that is ready. Without a path it enters and says so, and shows nothing of the product. */
export type EnterMessage = { countersign: 'enter'; code: string; path: string | null }
