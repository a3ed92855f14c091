import {
  ActionRequest,
  ActionRequestPage,
  ActionTable,
  ApproveRequest,
  AttemptAction,
  ExplainAction,
  ListActionRequests,
  ListActions,
  RejectRequest,
  RequestAction,
} from '@countersign/contract/action-requests.ts'
import { Explanation } from '@countersign/contract/actions.ts'
import { ActionRequestId } from '@countersign/contract/ids.ts'
import { CeremonyOptions } from '@countersign/contract/passkeys.ts'
import { z } from 'zod'
import { approveRequest, beginApproval } from '../../actions/approve.ts'
import { beginBoundSignature } from '../../actions/bind.ts'
import { cancelRequest } from '../../actions/cancel.ts'
import { executeApproved } from '../../actions/execute.ts'
import { explainAction, listActions } from '../../actions/explain.ts'
import { findRequest, listRequests } from '../../actions/list.ts'
import type { ActionNeeds } from '../../actions/needs.ts'
import { rejectRequest } from '../../actions/reject.ts'
import { requestAction } from '../../actions/request.ts'
import { ctxOf, type Door } from '../door.ts'
import { problems } from '../fail.ts'
import { bodyParsedByVerb } from '../input.ts'

const tags = ['actions']
const params = z.object({ request_id: ActionRequestId })

export const actionRoutes = (app: Door, needs: ActionNeeds): void => {
  app.get(
    '/api/actions/catalogue',
    {
      config: { access: listActions.may },
      schema: {
        tags,
        summary: 'Every action on a target, with what it requires',
        querystring: ListActions,
        response: { 200: ActionTable, ...problems },
      },
    },
    async (request) => listActions({ ...ctxOf(request), ...needs }, request.query),
  )
  app.post(
    '/api/actions/explain',
    {
      config: { access: explainAction.may },
      schema: {
        tags,
        summary: 'What an attempt requires, met or not; nothing is done',
        body: ExplainAction,
        response: { 200: Explanation, ...problems },
      },
    },
    async (request) => explainAction({ ...ctxOf(request), ...needs }, request.body),
  )
  app.post(
    '/api/actions/step-up/options',
    {
      config: { access: beginBoundSignature.may },
      schema: {
        tags,
        summary: 'Begin to sign one very attempt with a passkey of mine',
        body: AttemptAction,
        response: { 200: CeremonyOptions, ...problems },
      },
    },
    async (request) => ({ options: { ...(await beginBoundSignature({ ...ctxOf(request), ...needs }, request.body)) } }),
  )
  app.post(
    '/api/actions',
    {
      config: { access: requestAction.may },
      validatorCompiler: bodyParsedByVerb,
      schema: {
        tags,
        summary: 'Try an action; gates that are not met refuse it, on the record',
        headers: z.object({
          'idempotency-key': z.string().describe('8 to 200 printable characters; the same call again answers what came of the first'),
        }),
        body: RequestAction,
        response: {
          201: ActionRequest.describe('Done, or failed'),
          202: ActionRequest.describe('Waits for an approval, or for its outcome'),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const made = await requestAction(
        { ...ctxOf(request), ...needs },
        { body: request.body, idempotency_key: request.headers['idempotency-key'] },
      )
      return reply.code(made.state === 'done' || made.state === 'failed' ? 201 : 202).send(made)
    },
  )
  app.get(
    '/api/actions',
    {
      config: { access: listRequests.may },
      schema: {
        tags,
        summary: 'Requests, newest first',
        querystring: ListActionRequests,
        response: { 200: ActionRequestPage, ...problems },
      },
    },
    async (request) => listRequests({ ...ctxOf(request), ...needs }, request.query),
  )
  app.get(
    '/api/actions/:request_id',
    {
      config: { access: findRequest.may },
      schema: { tags, summary: 'One request', params, response: { 200: ActionRequest, ...problems } },
    },
    async (request) => findRequest({ ...ctxOf(request), ...needs }, request.params.request_id),
  )
  app.post(
    '/api/actions/:request_id/approval/options',
    {
      config: { access: beginApproval.may },
      schema: {
        tags,
        summary: 'Begin to approve: what a passkey of mine is asked to sign',
        params,
        response: { 200: CeremonyOptions, ...problems },
      },
    },
    async (request) => ({ options: { ...(await beginApproval({ ...ctxOf(request), ...needs }, request.params.request_id)) } }),
  )
  app.post(
    '/api/actions/:request_id/approval',
    {
      config: { access: approveRequest.may },
      validatorCompiler: bodyParsedByVerb,
      schema: {
        tags,
        summary: "Approve somebody else's request, with a signature over it",
        params,
        body: ApproveRequest,
        response: { 200: ActionRequest, ...problems },
      },
    },
    async (request) => approveRequest({ ...ctxOf(request), ...needs }, { id: request.params.request_id, body: request.body }),
  )
  app.post(
    '/api/actions/:request_id/rejection',
    {
      config: { access: rejectRequest.may },
      validatorCompiler: bodyParsedByVerb,
      schema: {
        tags,
        summary: "Reject somebody else's request",
        params,
        body: RejectRequest,
        response: { 200: ActionRequest, ...problems },
      },
    },
    async (request) => rejectRequest({ ...ctxOf(request), ...needs }, { id: request.params.request_id, body: request.body }),
  )
  app.post(
    '/api/actions/:request_id/cancellation',
    {
      config: { access: cancelRequest.may },
      schema: { tags, summary: 'Take a request of mine back', params, response: { 200: ActionRequest, ...problems } },
    },
    async (request) => cancelRequest(ctxOf(request), request.params.request_id),
  )
  app.post(
    '/api/actions/:request_id/execution',
    {
      config: { access: executeApproved.may },
      schema: {
        tags,
        summary: 'Carry an approved request of mine out, where that is not done by itself',
        params,
        response: { 200: ActionRequest, ...problems },
      },
    },
    async (request) => executeApproved({ ...ctxOf(request), ...needs }, request.params.request_id),
  )
}
