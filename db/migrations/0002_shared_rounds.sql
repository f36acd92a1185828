DROP INDEX "multicast_member_group_state";--> statement-breakpoint
DROP INDEX "instance_event_unapplied";--> statement-breakpoint
CREATE INDEX "instance_event_open" ON "instance_event" USING btree ("instance_id","generation") WHERE "instance_event"."time_finished" is null;--> statement-breakpoint
CREATE INDEX "instance_event_by_run" ON "instance_event" USING btree ("claimed_by") WHERE "instance_event"."claimed_by" is not null;