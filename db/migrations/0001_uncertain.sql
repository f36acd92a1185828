ALTER TABLE "member_flow" ADD COLUMN "registering" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "switch_ack" ADD COLUMN "asked_members" jsonb;--> statement-breakpoint
-- No switch reports a port of this name: what was half changed stays so until it is made anew.
UPDATE "switch_ack" SET "asked_members" = '[{"port":"unknown","direction":"Underlay"}]' WHERE "torn";--> statement-breakpoint
ALTER TABLE "switch_ack" DROP COLUMN "torn";
