CREATE TYPE "public"."role_name" AS ENUM('admin', 'collaborator', 'viewer');--> statement-breakpoint
CREATE TYPE "public"."role_scope" AS ENUM('fleet', 'silo', 'project');--> statement-breakpoint
CREATE TYPE "public"."drift_kind" AS ENUM('missing', 'stray', 'divergent', 'orphan');--> statement-breakpoint
CREATE TYPE "public"."flow_state" AS ENUM('joining', 'joined', 'leaving');--> statement-breakpoint
CREATE TYPE "public"."group_update_state" AS ENUM('pending', 'taken', 'served', 'failed', 'refused', 'withdrawn');--> statement-breakpoint
CREATE TYPE "public"."multicast_group_member_state" AS ENUM('joining', 'joined', 'left');--> statement-breakpoint
CREATE TYPE "public"."multicast_group_state" AS ENUM('creating', 'active', 'deleting');--> statement-breakpoint
CREATE TYPE "public"."event_kind" AS ENUM('create', 'start', 'stop', 'delete', 'migrate', 'reconfigure', 'reboot', 'fail');--> statement-breakpoint
CREATE TYPE "public"."event_state" AS ENUM('pending', 'running', 'succeeded', 'failed', 'superseded', 'stale');--> statement-breakpoint
CREATE TYPE "public"."instance_state" AS ENUM('creating', 'stopped', 'running', 'failed', 'destroyed');--> statement-breakpoint
CREATE TYPE "public"."ip_pool_type" AS ENUM('unicast', 'multicast');--> statement-breakpoint
CREATE TYPE "public"."ip_version" AS ENUM('v4', 'v6');--> statement-breakpoint
CREATE TYPE "public"."switch_service" AS ENUM('unreachable', 'resyncing', 'in_service');--> statement-breakpoint
CREATE SEQUENCE "public"."multicast_group_version" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "api_token" (
	"id" uuid PRIMARY KEY NOT NULL,
	"actor_id" uuid NOT NULL,
	"silo_id" uuid NOT NULL,
	"description" text NOT NULL,
	"hash" text NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_expires" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "role_assignment" (
	"actor_id" uuid NOT NULL,
	"scope" "role_scope" NOT NULL,
	"resource_id" uuid NOT NULL,
	"role" "role_name" NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "role_assignment_actor_id_scope_resource_id_role_pk" PRIMARY KEY("actor_id","scope","resource_id","role")
);
--> statement-breakpoint
CREATE TABLE "drift" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"sequence" bigserial NOT NULL,
	"switch_id" uuid NOT NULL,
	"group_id" text NOT NULL,
	"group_ip" text NOT NULL,
	"kind" "drift_kind" NOT NULL,
	"port" text NOT NULL,
	"detail" text NOT NULL,
	"time_found" timestamp with time zone DEFAULT now() NOT NULL,
	"time_repaired" timestamp with time zone,
	"repaired_by" text
);
--> statement-breakpoint
CREATE TABLE "member_flow" (
	"group_id" uuid NOT NULL,
	"propolis_id" uuid NOT NULL,
	"sled_id" uuid NOT NULL,
	"group_ip" "inet" NOT NULL,
	"sources" text NOT NULL,
	"state" "flow_state" NOT NULL,
	"round" bigint NOT NULL,
	"reason" text,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "member_flow_group_id_propolis_id_sources_pk" PRIMARY KEY("group_id","propolis_id","sources")
);
--> statement-breakpoint
CREATE TABLE "multicast_group" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" varchar(63) NOT NULL,
	"description" varchar(512) NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	"time_deleted" timestamp with time zone,
	"project_id" uuid NOT NULL,
	"vpc_id" uuid,
	"vni" integer NOT NULL,
	"ip_pool_id" uuid NOT NULL,
	"ip_pool_range_id" uuid NOT NULL,
	"multicast_ip" "inet" NOT NULL,
	"source_ips" "inet"[] DEFAULT '{}'::inet[] NOT NULL,
	"underlay_group_id" uuid,
	"tag" varchar(80) NOT NULL,
	"state" "multicast_group_state" DEFAULT 'creating' NOT NULL,
	"version_added" bigint DEFAULT nextval('multicast_group_version') NOT NULL,
	"requested" bigint DEFAULT 0 NOT NULL,
	"attempted" bigint DEFAULT 0 NOT NULL,
	"served" bigint DEFAULT 0 NOT NULL,
	"time_requested" timestamp with time zone,
	"round" bigint DEFAULT 0 NOT NULL,
	"config_generation" bigint DEFAULT 0 NOT NULL,
	"config" jsonb,
	"outcome" text,
	"reason" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"time_retry" timestamp with time zone,
	"time_converged" timestamp with time zone,
	CONSTRAINT "external_multicast_ip_valid" CHECK ((family("multicast_group"."multicast_ip") = 4 and "multicast_group"."multicast_ip" << '224.0.0.0/4') or (family("multicast_group"."multicast_ip") = 6 and "multicast_group"."multicast_ip" << 'ff00::/8' and not "multicast_group"."multicast_ip" << 'ff04::/16' and not "multicast_group"."multicast_ip" << 'ff05::/16' and not "multicast_group"."multicast_ip" << 'ff08::/16')),
	CONSTRAINT "external_ipv4_not_reserved" CHECK (family("multicast_group"."multicast_ip") <> 4 or (not "multicast_group"."multicast_ip" << '224.0.0.0/24' and not "multicast_group"."multicast_ip" << '233.0.0.0/8' and not "multicast_group"."multicast_ip" << '239.0.0.0/8')),
	CONSTRAINT "external_ipv6_not_reserved" CHECK (family("multicast_group"."multicast_ip") <> 6 or (not "multicast_group"."multicast_ip" << 'ff01::/16' and not "multicast_group"."multicast_ip" << 'ff02::/16')),
	CONSTRAINT "multicast_group_vni_valid" CHECK ("multicast_group"."vni" between 0 and 16777215),
	CONSTRAINT "multicast_group_served_not_ahead" CHECK ("multicast_group"."served" <= "multicast_group"."attempted" and "multicast_group"."attempted" <= "multicast_group"."requested"),
	CONSTRAINT "multicast_group_sources_bounded" CHECK (cardinality("multicast_group"."source_ips") <= 64)
);
--> statement-breakpoint
CREATE TABLE "multicast_group_member" (
	"id" uuid PRIMARY KEY NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	"time_deleted" timestamp with time zone,
	"external_group_id" uuid NOT NULL,
	"parent_id" uuid NOT NULL,
	"state" "multicast_group_member_state" NOT NULL,
	"sled_id" uuid,
	"propolis_id" uuid,
	"target_sled_id" uuid,
	"target_propolis_id" uuid,
	"generation" bigint NOT NULL,
	"reason" text,
	"created_by" uuid,
	"version_added" bigint DEFAULT nextval('multicast_group_version') NOT NULL,
	CONSTRAINT "multicast_member_location_whole" CHECK (("multicast_group_member"."sled_id" is null) = ("multicast_group_member"."propolis_id" is null)),
	CONSTRAINT "multicast_member_target_whole" CHECK (("multicast_group_member"."target_sled_id" is null) = ("multicast_group_member"."target_propolis_id" is null))
);
--> statement-breakpoint
CREATE TABLE "multicast_group_update" (
	"id" uuid PRIMARY KEY NOT NULL,
	"group_id" uuid NOT NULL,
	"project_id" uuid NOT NULL,
	"name" varchar(63),
	"description" varchar(512),
	"source_ips" "inet"[],
	"state" "group_update_state" NOT NULL,
	"reason" text,
	"round" bigint,
	"told" boolean DEFAULT false NOT NULL,
	"sequence" bigserial NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_finished" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "refused_port" (
	"switch_id" uuid NOT NULL,
	"group_id" uuid NOT NULL,
	"port" text NOT NULL,
	"incarnation" bigint NOT NULL,
	"reason" text NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "refused_port_switch_id_group_id_port_pk" PRIMARY KEY("switch_id","group_id","port")
);
--> statement-breakpoint
CREATE TABLE "switch_ack" (
	"switch_id" uuid NOT NULL,
	"group_id" uuid NOT NULL,
	"config" jsonb,
	"config_generation" bigint NOT NULL,
	"round" bigint NOT NULL,
	"incarnation" bigint NOT NULL,
	"suspect" boolean NOT NULL,
	"torn" boolean DEFAULT false NOT NULL,
	"refused" boolean DEFAULT false NOT NULL,
	"last_error" text,
	"time_last_error" timestamp with time zone,
	"time_acked" timestamp with time zone,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "switch_ack_switch_id_group_id_pk" PRIMARY KEY("switch_id","group_id")
);
--> statement-breakpoint
CREATE TABLE "underlay_multicast_group" (
	"id" uuid PRIMARY KEY NOT NULL,
	"multicast_ip" "inet" NOT NULL,
	"salt" smallint NOT NULL,
	"vni" integer NOT NULL,
	"tag" varchar(80) NOT NULL,
	"version_added" bigint DEFAULT nextval('multicast_group_version') NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "underlay_ipv6_admin_scoped" CHECK (family("underlay_multicast_group"."multicast_ip") = 6 and "underlay_multicast_group"."multicast_ip" << 'ff04::/64'),
	CONSTRAINT "underlay_salt_valid" CHECK ("underlay_multicast_group"."salt" between 0 and 255)
);
--> statement-breakpoint
CREATE TABLE "group_waiter" (
	"event_id" uuid NOT NULL,
	"group_id" uuid NOT NULL,
	"instance_id" uuid NOT NULL,
	"request" bigint NOT NULL,
	"outcome" text,
	"reason" text,
	"told" boolean DEFAULT false NOT NULL,
	CONSTRAINT "group_waiter_event_id_group_id_pk" PRIMARY KEY("event_id","group_id")
);
--> statement-breakpoint
CREATE TABLE "instance" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"name" varchar(63) NOT NULL,
	"state" "instance_state" DEFAULT 'creating' NOT NULL,
	"generation" bigint NOT NULL,
	"applied" bigint DEFAULT 0 NOT NULL,
	"sled_id" uuid,
	"propolis_id" uuid,
	"target_sled_id" uuid,
	"target_propolis_id" uuid,
	"time_deleted" timestamp with time zone,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "instance_event" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"instance_id" uuid NOT NULL,
	"generation" bigint NOT NULL,
	"kind" "event_kind" NOT NULL,
	"body" jsonb NOT NULL,
	"state" "event_state" DEFAULT 'pending' NOT NULL,
	"reason" text,
	"claimed_by" text,
	"run_id" text,
	"touched" jsonb,
	"superseded_by" bigint,
	"sequence" bigserial NOT NULL,
	"time_accepted" timestamp with time zone DEFAULT now() NOT NULL,
	"time_claimed" timestamp with time zone,
	"time_applied" timestamp with time zone,
	"time_finished" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "ip_pool" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" varchar(63) NOT NULL,
	"description" varchar(512) NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	"time_deleted" timestamp with time zone,
	"ip_version" "ip_version" NOT NULL,
	"pool_type" "ip_pool_type" DEFAULT 'unicast' NOT NULL,
	"switch_port_uplinks" text[],
	"mvlan" integer,
	"rcgen" bigint DEFAULT 1 NOT NULL,
	CONSTRAINT "mvlan_valid_range" CHECK ("ip_pool"."mvlan" is null or "ip_pool"."mvlan" between 2 and 4094),
	CONSTRAINT "multicast_fields_on_multicast_pools" CHECK ("ip_pool"."pool_type" = 'multicast' or ("ip_pool"."mvlan" is null and "ip_pool"."switch_port_uplinks" is null))
);
--> statement-breakpoint
CREATE TABLE "ip_pool_range" (
	"id" uuid PRIMARY KEY NOT NULL,
	"ip_pool_id" uuid NOT NULL,
	"first_address" "inet" NOT NULL,
	"last_address" "inet" NOT NULL,
	"time_deleted" timestamp with time zone,
	"rcgen" bigint DEFAULT 1 NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "check_address_order" CHECK ("ip_pool_range"."first_address" <= "ip_pool_range"."last_address"),
	CONSTRAINT "one_address_family" CHECK (family("ip_pool_range"."first_address") = family("ip_pool_range"."last_address"))
);
--> statement-breakpoint
CREATE TABLE "ip_pool_silo" (
	"ip_pool_id" uuid NOT NULL,
	"silo_id" uuid NOT NULL,
	"is_default" boolean NOT NULL,
	"pool_type" "ip_pool_type" NOT NULL,
	"ip_version" "ip_version" NOT NULL,
	CONSTRAINT "ip_pool_silo_ip_pool_id_silo_id_pk" PRIMARY KEY("ip_pool_id","silo_id")
);
--> statement-breakpoint
CREATE TABLE "project" (
	"id" uuid PRIMARY KEY NOT NULL,
	"silo_id" uuid NOT NULL,
	"name" varchar(63) NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "switch" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slot" smallint NOT NULL,
	"dpd_address" text NOT NULL,
	"service" "switch_service" DEFAULT 'unreachable' NOT NULL,
	"incarnation" bigint DEFAULT 0 NOT NULL,
	"uptime" bigint,
	"ports" text[],
	"api_version" smallint,
	"multicast" boolean DEFAULT true NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"swept" boolean DEFAULT false NOT NULL,
	"last_error" text,
	"time_last_seen" timestamp with time zone,
	"time_service_changed" timestamp with time zone DEFAULT now() NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "switch_slot_valid" CHECK ("switch"."slot" between 0 and 31)
);
--> statement-breakpoint
CREATE TABLE "runtime_config" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"multicast_enabled" boolean DEFAULT false NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "runtime_config_singleton" CHECK ("runtime_config"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "silo" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" varchar(63) NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sled" (
	"id" uuid PRIMARY KEY NOT NULL,
	"rear_port" smallint NOT NULL,
	"agent_address" text NOT NULL,
	"agent_api_version" smallint,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sled_rear_port_valid" CHECK ("sled"."rear_port" between 0 and 31)
);
--> statement-breakpoint
CREATE TABLE "vpc" (
	"id" uuid PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"name" varchar(63) NOT NULL,
	"vni" integer NOT NULL,
	"time_created" timestamp with time zone DEFAULT now() NOT NULL,
	"time_modified" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "vpc_vni_valid" CHECK ("vpc"."vni" between 0 and 16777215)
);
--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_api_token_by_hash" ON "api_token" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "api_token_by_actor" ON "api_token" USING btree ("actor_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "drift_open" ON "drift" USING btree ("switch_id","group_id","kind","port") WHERE "drift"."time_repaired" is null;--> statement-breakpoint
CREATE INDEX "drift_by_group" ON "drift" USING btree ("group_id","switch_id") WHERE "drift"."time_repaired" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "drift_by_sequence" ON "drift" USING btree ("sequence");--> statement-breakpoint
CREATE INDEX "member_flow_by_sled" ON "member_flow" USING btree ("group_id","sled_id","state");--> statement-breakpoint
CREATE INDEX "member_flow_by_propolis" ON "member_flow" USING btree ("propolis_id");--> statement-breakpoint
CREATE UNIQUE INDEX "multicast_group_version_added" ON "multicast_group" USING btree ("version_added");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_external_multicast_by_ip" ON "multicast_group" USING btree ("multicast_ip") WHERE "multicast_group"."time_deleted" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_multicast_group_by_name_and_project" ON "multicast_group" USING btree ("project_id","name") WHERE "multicast_group"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "multicast_group_by_project_and_name_bytes" ON "multicast_group" USING btree ("project_id","name" collate "C") WHERE "multicast_group"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "multicast_group_by_project_and_id" ON "multicast_group" USING btree ("project_id","id") WHERE "multicast_group"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "external_multicast_by_pool" ON "multicast_group" USING btree ("ip_pool_id","ip_pool_range_id") WHERE "multicast_group"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "external_multicast_by_underlay" ON "multicast_group" USING btree ("underlay_group_id") WHERE "multicast_group"."underlay_group_id" is not null;--> statement-breakpoint
CREATE INDEX "multicast_group_by_vpc" ON "multicast_group" USING btree ("vpc_id") WHERE "multicast_group"."vpc_id" is not null;--> statement-breakpoint
CREATE INDEX "multicast_group_dirty" ON "multicast_group" USING btree ("id") WHERE "multicast_group"."requested" > "multicast_group"."attempted" or "multicast_group"."time_retry" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "multicast_member_unique_parent_per_group" ON "multicast_group_member" USING btree ("external_group_id","parent_id") WHERE "multicast_group_member"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "multicast_member_by_group" ON "multicast_group_member" USING btree ("external_group_id");--> statement-breakpoint
CREATE INDEX "multicast_member_group_id_order" ON "multicast_group_member" USING btree ("external_group_id","id") WHERE "multicast_group_member"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "multicast_member_parent_id_order" ON "multicast_group_member" USING btree ("parent_id","id") WHERE "multicast_group_member"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "multicast_member_group_state" ON "multicast_group_member" USING btree ("external_group_id","state") WHERE "multicast_group_member"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "multicast_member_by_sled" ON "multicast_group_member" USING btree ("sled_id") WHERE "multicast_group_member"."sled_id" is not null;--> statement-breakpoint
CREATE INDEX "multicast_member_by_target_sled" ON "multicast_group_member" USING btree ("target_sled_id") WHERE "multicast_group_member"."target_sled_id" is not null;--> statement-breakpoint
CREATE INDEX "multicast_member_cleanup" ON "multicast_group_member" USING btree ("external_group_id","id") WHERE "multicast_group_member"."time_deleted" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "group_update_by_sequence" ON "multicast_group_update" USING btree ("sequence");--> statement-breakpoint
CREATE INDEX "group_update_queue" ON "multicast_group_update" USING btree ("group_id","sequence") WHERE "multicast_group_update"."state" in ('pending', 'taken');--> statement-breakpoint
CREATE INDEX "group_update_untold" ON "multicast_group_update" USING btree ("group_id") WHERE not "multicast_group_update"."told";--> statement-breakpoint
CREATE INDEX "group_update_name" ON "multicast_group_update" USING btree ("project_id","name") WHERE "multicast_group_update"."state" in ('pending', 'taken') and "multicast_group_update"."name" is not null;--> statement-breakpoint
CREATE INDEX "switch_ack_by_group" ON "switch_ack" USING btree ("group_id");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_underlay_multicast_by_ip" ON "underlay_multicast_group" USING btree ("multicast_ip");--> statement-breakpoint
CREATE UNIQUE INDEX "underlay_multicast_by_tag" ON "underlay_multicast_group" USING btree ("tag");--> statement-breakpoint
CREATE INDEX "group_waiter_by_group" ON "group_waiter" USING btree ("group_id","request");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_instance_by_project_and_name" ON "instance" USING btree ("project_id","name") WHERE "instance"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "instance_by_sled" ON "instance" USING btree ("sled_id") WHERE "instance"."time_deleted" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "instance_event_by_generation" ON "instance_event" USING btree ("instance_id","generation") WHERE "instance_event"."state" <> 'stale';--> statement-breakpoint
CREATE INDEX "instance_event_unapplied" ON "instance_event" USING btree ("instance_id","generation") WHERE "instance_event"."time_applied" is null and "instance_event"."state" <> 'stale';--> statement-breakpoint
CREATE INDEX "instance_event_unfinished" ON "instance_event" USING btree ("sequence") WHERE "instance_event"."time_finished" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "instance_event_by_sequence" ON "instance_event" USING btree ("sequence");--> statement-breakpoint
CREATE INDEX "instance_event_by_instance" ON "instance_event" USING btree ("instance_id","sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_pool_by_name" ON "ip_pool" USING btree ("name") WHERE "ip_pool"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "lookup_ip_pool_by_type" ON "ip_pool" USING btree ("pool_type") WHERE "ip_pool"."time_deleted" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_pool_range_by_first_address" ON "ip_pool_range" USING btree ("first_address") WHERE "ip_pool_range"."time_deleted" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_pool_range_by_last_address" ON "ip_pool_range" USING btree ("last_address") WHERE "ip_pool_range"."time_deleted" is null;--> statement-breakpoint
CREATE INDEX "ip_pool_range_by_pool" ON "ip_pool_range" USING btree ("ip_pool_id","first_address") WHERE "ip_pool_range"."time_deleted" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "one_default_ip_pool_per_silo" ON "ip_pool_silo" USING btree ("silo_id","pool_type","ip_version") WHERE "ip_pool_silo"."is_default";--> statement-breakpoint
CREATE INDEX "ip_pool_silo_by_silo" ON "ip_pool_silo" USING btree ("silo_id","ip_pool_id");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_project_by_silo_and_name" ON "project" USING btree ("silo_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_switch_by_slot" ON "switch" USING btree ("slot");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_silo_by_name" ON "silo" USING btree ("name");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_sled_by_rear_port" ON "sled" USING btree ("rear_port");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_vpc_by_project_and_name" ON "vpc" USING btree ("project_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "lookup_vpc_by_vni" ON "vpc" USING btree ("vni");