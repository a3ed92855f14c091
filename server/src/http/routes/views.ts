import { SessionId, ViewId } from '@countersign/contract/ids.ts'
import { MintCode, MintedCode, View } from '@countersign/contract/views.ts'
import { z } from 'zod'
import { closeView } from '../../sessions/views/close.ts'
import { mintCode } from '../../sessions/views/mint-code.ts'
import { openView } from '../../sessions/views/open.ts'
import type { ViewCtx } from '../../sessions/views/view.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'

type Needs = Pick<ViewCtx, 'views' | 'onViewsClosed'>

const tags = ['views']
const ofSession = z.object({ session_id: SessionId })
const ofView = ofSession.extend({ view_id: ViewId })

/** The product in a browser, in a support session of one's own. */
export const viewRoutes = (app: Door, needs: Needs): void => {
  app.post(
    '/api/sessions/:session_id/views',
    {
      config: { access: openView.may },
      schema: { tags, summary: 'Open the product in the browser', params: ofSession, response: { 201: View, ...problems } },
    },
    async (request, reply) => reply.code(201).send(await openView({ ...ctxOf(request), ...needs }, request.params.session_id)),
  )
  app.post(
    '/api/sessions/:session_id/views/:view_id/codes',
    {
      config: { access: mintCode.may },
      schema: {
        tags,
        summary: 'A code by which this browser enters an origin of a view, once',
        params: ofView,
        body: MintCode,
        response: { 201: MintedCode, ...problems },
      },
    },
    async (request, reply) => reply.code(201).send(await mintCode({ ...ctxOf(request), ...needs }, { ...request.params, ...request.body })),
  )
  app.post(
    '/api/sessions/:session_id/views/:view_id/closure',
    {
      config: { access: closeView.may },
      schema: { tags, summary: 'Close a view; twice is harmless', params: ofView, response: { 204: z.null(), ...problems } },
    },
    async (request, reply) => {
      await closeView({ ...ctxOf(request), ...needs }, request.params)
      return reply.code(204).send(null)
    },
  )
}
