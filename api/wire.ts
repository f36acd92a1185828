/**
 * The words that every endpoint's schema is made of. A schema with an id becomes one named component of the OpenAPI document,
 * so each type is written once, here or beside its endpoint, and referred to everywhere else.
 */
import { z } from 'zod';
import { LIMITS } from '../domain/limits';
import { descriptionFault, isUuid, nameFault } from '../domain/names';

/** For `meta({ override })`: the document shows this instead of what the checks amount to; title and description stay. */
export function shownAs(schema: Record<string, unknown>) {
  return ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
    for (const key of Object.keys(jsonSchema)) if (key !== 'description' && key !== 'title') delete jsonSchema[key];
    Object.assign(jsonSchema, schema);
  };
}

/** Any UUID, in lower case from here on, whatever its version. */
export const Uuid = z
  .string()
  .refine(isUuid, 'expected a UUID')
  .overwrite((text) => text.toLowerCase())
  .meta({ override: shownAs({ type: 'string', format: 'uuid' }) });

/** A check by a rule of the domain, which says what is wrong. */
function unless(fault: (text: string) => string | null) {
  return (text: string, context: z.RefinementCtx) => {
    const message = fault(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  };
}

/** The rule of `nameFault`, as readers of the document can check it. */
const NAME = '^(?![0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$)^[a-z]([a-z0-9-]*[a-z0-9])?$';

export const Name = z
  .string()
  .superRefine(unless(nameFault))
  .meta({
    id: 'Name',
    title: 'A name unique within the parent collection',
    description:
      'Begins with a lower-case letter; lower-case letters, digits and "-", not at the end. It may contain a UUID but not be one.',
    override: shownAs({ type: 'string', pattern: NAME, minLength: 1, maxLength: LIMITS.nameLength }),
  });

/** A UUID means an id; everything else has to be a name. */
export const NameOrId = z
  .string()
  .superRefine(unless((text) => (isUuid(text) ? null : nameFault(text))))
  .overwrite((text) => (isUuid(text) ? text.toLowerCase() : text))
  .meta({
    id: 'NameOrId',
    override: shownAs({
      oneOf: [
        { title: 'id', allOf: [{ type: 'string', format: 'uuid' }] },
        { title: 'name', allOf: [{ $ref: '#/components/schemas/Name' }] },
      ],
    }),
  });
export type NameOrId = z.output<typeof NameOrId>;

export const isId = isUuid;

export const Description = z
  .string()
  .superRefine(unless(descriptionFault))
  .meta({ override: shownAs({ type: 'string', maxLength: LIMITS.descriptionLength }) });

/** Handlers give a Date; the wire has RFC 3339. */
export const Timestamp = z.date().meta({ override: shownAs({ type: 'string', format: 'date-time' }) });

export const ErrorSchema = z
  .object({ error_code: z.string().optional(), message: z.string(), request_id: z.string() })
  .meta({ id: 'Error', description: 'Error information from a response.' });

const ErrorResponse = {
  id: 'Error',
  description: 'Error',
  content: { 'application/json': { schema: ErrorSchema } },
} as const;

/** The part that all endpoints' responses have in common. */
export const errors = { '4XX': ErrorResponse, '5XX': ErrorResponse } as const;

/** A success without a body. */
export const noContent = (description: string) => ({ description });

/** A success with one. */
export const ok = <S extends z.ZodType>(schema: S, description = 'successful operation') => ({
  description,
  content: { 'application/json': { schema } },
});
