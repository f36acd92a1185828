/**
 * The same edits for a daemon that speaks API 1. Invariant: they differ from those of API 8 only in where the tag goes:
 * the body of an update has it, and a deletion has none, because this daemon protects no group by its tag.
 */
import type { SwitchEdit } from '../../domain/switch-config';
import { callFor, forwarding, members, wellFormed } from './edits';
import type { Call } from './transport';
import { UpdateExternalV1, UpdateUnderlayV1 } from './wire';

/** Throws CodedError Refused for an edit that the daemon must not be sent. */
export function callForV1(edit: SwitchEdit): Call {
  switch (edit.op) {
    case 'replaceMembers': {
      const body = wellFormed(edit, UpdateUnderlayV1, { tag: edit.tag, members: members(edit.members) });
      return { method: 'PUT', path: `/multicast/underlay-groups/${edit.ip}`, body };
    }
    case 'replaceExternal': {
      const { external } = edit;
      const body = wellFormed(edit, UpdateExternalV1, { tag: external.tag, ...forwarding(external) });
      return { method: 'PUT', path: `/multicast/external-groups/${external.ip}`, body };
    }
    case 'deleteExternal':
    case 'deleteUnderlay': {
      const { path } = callFor(edit);
      return { method: 'DELETE', path: path.slice(0, path.indexOf('?')) };
    }
    default:
      return callFor(edit);
  }
}
