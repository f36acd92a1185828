/** Generated from internal.json by `npm run generate`; do not edit. sha256 9fd798338a93000ce47de8896aae1671ca8b6b04b2a71d6b76133dd2fcdcd769 */

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process lives */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process can serve */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/instances/{instance}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List an instance's events, in the order in which they were posted */
        get: operations["instance_event_list"];
        put?: never;
        /**
         * Post a lifecycle event
         * @description Once answered with 202 the event takes effect, whatever fails afterwards.
         */
        post: operations["instance_event_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/instance-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post lifecycle events of many instances
         * @description Each item is answered for itself, in order; a bad one holds up no other.
         */
        post: operations["instance_event_post_batch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List instances */
        get: operations["instance_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/instances/{instance}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch an instance */
        get: operations["instance_view"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/instances/{instance}/events/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of an event */
        get: operations["instance_event_view"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/instances/{instance}/multicast-memberships": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The multicast groups for an instance's VMM registration */
        get: operations["instance_multicast_membership_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/silos/{silo}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch a silo */
        get: operations["silo_view"];
        /** Register a silo */
        put: operations["silo_put"];
        post?: never;
        /** Remove a silo without projects */
        delete: operations["silo_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/silos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List silos */
        get: operations["silo_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch a project */
        get: operations["project_view"];
        /** Register a project */
        put: operations["project_put"];
        post?: never;
        /** Remove a project without groups, instances and VPCs */
        delete: operations["project_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List projects */
        get: operations["project_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/vpcs/{vpc}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch a VPC */
        get: operations["vpc_view"];
        /** Register a VPC */
        put: operations["vpc_put"];
        post?: never;
        /** Remove a VPC without multicast groups */
        delete: operations["vpc_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/vpcs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List VPCs */
        get: operations["vpc_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sleds/{sled}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch a sled */
        get: operations["sled_view"];
        /**
         * Register a sled
         * @description A sled that moves to another port takes all its members with it, in every group.
         */
        put: operations["sled_put"];
        post?: never;
        /** Remove a sled that no instance needs */
        delete: operations["sled_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sleds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List sleds */
        get: operations["sled_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/switches/{switch}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch a switch */
        get: operations["switch_view"];
        /** Register a switch */
        put: operations["switch_put"];
        post?: never;
        /**
         * Take a switch out of the rack
         * @description Nothing is removed from the switch itself.
         */
        delete: operations["switch_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/switches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List switches */
        get: operations["switch_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a group stands */
        get: operations["group_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups/{group}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Why an instance does, or does not, receive a group */
        get: operations["group_explain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/drift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List drift, newest first */
        get: operations["drift_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List events of all instances, newest first */
        get: operations["event_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of an event, by its id alone */
        get: operations["event_view"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List groups with their figures */
        get: operations["group_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List members of all groups */
        get: operations["member_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List pools with their statistics */
        get: operations["pool_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/pools/{pool}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch a pool with its statistics */
        get: operations["pool_view"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last reports of reconciliation, and whether it is paused */
        get: operations["reconcile_view"];
        put?: never;
        /** Reconcile now */
        post: operations["reconcile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/settings/multicast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether multicast is on */
        get: operations["multicast_settings_view"];
        /**
         * Switch multicast on or off
         * @description Switched on, everything that waited is caught up with.
         */
        put: operations["multicast_settings_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List API tokens */
        get: operations["token_list"];
        put?: never;
        /** Create an API token */
        post: operations["token_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke an API token */
        delete: operations["token_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/actors/{actor}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Grant a role */
        put: operations["role_grant"];
        post?: never;
        /** Revoke a role */
        delete: operations["role_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Something happened to an instance, or is about to. */
        InstanceEvent: components["schemas"]["InstanceCreateEvent"] | components["schemas"]["InstanceStartEvent"] | components["schemas"]["InstanceStopEvent"] | components["schemas"]["InstanceDeleteEvent"] | components["schemas"]["InstanceMigrateEvent"] | components["schemas"]["InstanceReconfigureEvent"] | components["schemas"]["InstanceRebootEvent"] | components["schemas"]["InstanceFailEvent"];
        InstanceCreateEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "create";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
            /** Format: uuid */
            project_id: string;
            name: components["schemas"]["Name"];
            /** @description Groups of the instance's project, by name or id; at most 32. */
            multicast_groups?: components["schemas"]["NameOrId"][] | null;
        };
        /**
         * A name unique within the parent collection
         * @description Begins with a lower-case letter; lower-case letters, digits and "-", not at the end. It may contain a UUID but not be one.
         */
        Name: string;
        NameOrId: string | components["schemas"]["Name"];
        InstanceStartEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "start";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
            /** Format: uuid */
            sled_id: string;
            /** Format: uuid */
            propolis_id: string;
            vmm_registration?: components["schemas"]["VmmRegistration"] | null;
        };
        /** @description Body of the sled agent's VMM registration; passed on as it is, with the multicast groups filled in. */
        VmmRegistration: {
            [key: string]: unknown;
        };
        InstanceStopEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "stop";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
        };
        InstanceDeleteEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "delete";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
        };
        InstanceMigrateEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "migrate";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
            source: components["schemas"]["VmLocation"];
            target: components["schemas"]["VmLocation"];
            vmm_registration?: components["schemas"]["VmmRegistration"] | null;
        };
        /** @description Where a VM runs. */
        VmLocation: {
            /** Format: uuid */
            sled_id: string;
            /** Format: uuid */
            propolis_id: string;
        };
        InstanceReconfigureEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "reconfigure";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
            /** @description Groups of the instance's project, by name or id; at most 32. */
            multicast_groups: components["schemas"]["NameOrId"][];
        };
        InstanceRebootEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "reboot";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
        };
        InstanceFailEvent: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            kind: "fail";
            /**
             * Format: uuid
             * @description Makes the event idempotent: a repeated id must repeat the content.
             */
            event_id: string;
            /**
             * Format: int64
             * @description Grows with each event of the instance and orders them.
             */
            generation: number;
        };
        /** @description Events of any instances, judged in this order. */
        EventBatch: {
            items: components["schemas"]["InstanceEventItem"][];
        };
        /** @description An event of any kind, with the id of its instance beside its own fields. */
        InstanceEventItem: (components["schemas"]["InstanceCreateEvent"] | components["schemas"]["InstanceStartEvent"] | components["schemas"]["InstanceStopEvent"] | components["schemas"]["InstanceDeleteEvent"] | components["schemas"]["InstanceMigrateEvent"] | components["schemas"]["InstanceReconfigureEvent"] | components["schemas"]["InstanceRebootEvent"] | components["schemas"]["InstanceFailEvent"]) & {
            /** Format: uuid */
            instance_id: string;
        };
        SiloPut: {
            name: components["schemas"]["Name"];
        };
        ProjectPut: {
            /** Format: uuid */
            silo_id: string;
            name: components["schemas"]["Name"];
        };
        VpcPut: {
            /** Format: uuid */
            project_id: string;
            name: components["schemas"]["Name"];
            /** @description 24-bit Geneve VNI */
            vni: number;
        };
        SledPut: {
            /** @description The rear port of every switch that faces the sled. */
            port?: string | null;
            /** @description Cubby N faces port rearN; may be given instead of the port. */
            cubby?: number | null;
            /** @description host:port, or an http URL without a path */
            agent_address: string;
            /** @description Absent: what the agent itself says. */
            agent_api_version?: number | null;
        };
        SwitchPut: {
            slot: number;
            /** @description host:port, or an http URL without a path */
            dpd_address: string;
        };
        MulticastSettings: {
            /** @description Off: events are accepted and wait; nothing is programmed. */
            enabled: boolean;
        };
        TokenCreate: {
            /**
             * Format: uuid
             * @description The actor's silo.
             */
            silo_id: string;
            /**
             * Format: uuid
             * @description Absent: a new actor.
             */
            actor_id?: string | null;
            /** @default  */
            description?: string;
            /** Format: date-time */
            expires?: string | null;
        };
        Role: {
            /** @enum {string} */
            scope: "fleet" | "silo" | "project";
            /**
             * Format: uuid
             * @description The silo or project; absent for the fleet.
             */
            resource_id?: string | null;
            /** @enum {string} */
            role: "admin" | "collaborator" | "viewer";
        };
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        /** @description Error information from a response. */
        Error: {
            error_code?: string;
            message: string;
            request_id: string;
        };
        EventReceipt: {
            /** Format: uuid */
            event_id: string;
            /**
             * @description disabled: accepted, waits for multicast to be switched on. duplicate: known already. stale: a newer generation was accepted before.
             * @enum {string}
             */
            outcome: "accepted" | "disabled" | "duplicate" | "stale";
            /** @description Where its status is. */
            url: string;
            /** @description The run that takes it; null where none does. */
            workflow_id: string | null;
        };
        EventBatchAnswer: {
            items: components["schemas"]["EventAnswer"][];
        };
        /** @description Status and body that the event would have been answered with alone. */
        EventAnswer: {
            status: number;
            body: components["schemas"]["EventReceipt"] | components["schemas"]["Error"];
        };
        /** @description A single page of results */
        InstanceResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Instance"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Instance: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            project_id: string;
            name: components["schemas"]["Name"];
            /** @enum {string} */
            state: "creating" | "stopped" | "running" | "failed" | "destroyed";
            /** @description Of the newest accepted event. */
            generation: number;
            /** @description Of the newest event that has changed rows. */
            applied_generation: number;
            /** Format: uuid */
            sled_id: string | null;
            /** Format: uuid */
            propolis_id: string | null;
            /** Format: uuid */
            target_sled_id: string | null;
            /** Format: uuid */
            target_propolis_id: string | null;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
            /** Format: date-time */
            time_deleted: string | null;
        };
        /** @description A single page of results */
        EventStatusResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["EventStatus"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        EventStatus: {
            /** Format: uuid */
            event_id: string;
            /** Format: uuid */
            instance_id: string;
            /** @enum {string} */
            kind: "create" | "start" | "stop" | "delete" | "migrate" | "reconfigure" | "reboot" | "fail";
            generation: number;
            /** @enum {string} */
            outcome: "pending" | "running" | "succeeded" | "failed" | "superseded" | "stale" | "disabled";
            /** @description Why it failed, or what overtook it. */
            reason: string | null;
            url: string;
            workflow_id: string | null;
            run_id: string | null;
            /** @description Groups that it touched when it changed rows. */
            groups: string[];
            /** Format: date-time */
            time_accepted: string;
            /** Format: date-time */
            time_claimed: string | null;
            /** Format: date-time */
            time_applied: string | null;
            /** Format: date-time */
            time_finished: string | null;
        };
        /** @description As the sled agent's VMM registration takes it. */
        InstanceMulticastMembership: {
            /** Format: ip */
            group_ip: string;
            sources: string[];
        };
        Silo: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["Name"];
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
        };
        /** @description A single page of results */
        SiloResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Silo"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Project: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            silo_id: string;
            name: components["schemas"]["Name"];
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
        };
        /** @description A single page of results */
        ProjectResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Project"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Vpc: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            project_id: string;
            /** @description 24-bit Geneve VNI */
            vni: number;
            name: components["schemas"]["Name"];
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
        };
        /** @description A single page of results */
        VpcResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Vpc"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Sled: {
            /** Format: uuid */
            id: string;
            /** @description The rear port of every switch that faces the sled. */
            port: string;
            cubby: number;
            agent_address: string;
            agent_api_version: number | null;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
        };
        /** @description A single page of results */
        SledResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Sled"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Switch: {
            /** Format: uuid */
            id: string;
            /** @description switchN, after its slot */
            name: string;
            slot: number;
            dpd_address: string;
            /**
             * @description resyncing: it answers, but something on it is behind. Only switches in service are waited for.
             * @enum {string}
             */
            service: "unreachable" | "resyncing" | "in_service";
            /** @description Whether its daemon was built with multicast. */
            multicast: boolean;
            api_version: number | null;
            /** @description Health checks failed in a row. */
            failures: number;
            last_error: string | null;
            /** Format: date-time */
            time_last_seen: string | null;
            /** Format: date-time */
            time_service_changed: string;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
        };
        /** @description A single page of results */
        SwitchResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Switch"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        GroupStatus: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            project_id: string;
            name: components["schemas"]["Name"];
            /** Format: ip */
            multicast_ip: string;
            source_ips: string[];
            vni: number;
            tag: string;
            /** @enum {string} */
            state: "creating" | "active" | "deleting";
            workflow_id: string;
            /** @description Number of the newest request to converge. */
            requested: number;
            /** @description Number of the newest request that a round has served. */
            served: number;
            round: number;
            config_generation: number;
            /** @description Of the newest round. */
            outcome: string | null;
            reason: string | null;
            /** @description Switches that lack the newest configuration. */
            degraded: string[];
            /** @description Rounds failed in a row. */
            failures: number;
            /** Format: date-time */
            time_retry: string | null;
            /** Format: date-time */
            time_converged: string | null;
            switches: components["schemas"]["GroupSwitch"][];
            members: components["schemas"]["GroupMember"][];
            flows: components["schemas"]["GroupFlow"][];
            refused_ports: {
                /** Format: uuid */
                switch_id: string;
                port: string;
                reason: string;
            }[];
        };
        GroupSwitch: {
            /** Format: uuid */
            switch_id: string;
            name: string;
            /** @enum {string} */
            service: "unreachable" | "resyncing" | "in_service";
            /** @description What it has acknowledged; null: that the group is absent. */
            config: components["schemas"]["GroupSwitchConfig"] | null;
            config_generation: number;
            round: number;
            /** @description Writes to it for this group, ever. */
            writes: number;
            /** @description The acknowledgement is of the daemon that now runs there. */
            current: boolean;
            /** @description Will be read before it is written again. */
            suspect: boolean;
            last_error: string | null;
            /** Format: date-time */
            time_last_error: string | null;
            /** Format: date-time */
            time_acked: string | null;
        };
        GroupSwitchConfig: {
            tag: string;
            /** Format: ip */
            underlayIp: string;
            /** Format: ip */
            externalIp: string;
            vni: number;
            vlan: number | null;
            sources: string[];
            members: {
                port: string;
                /** @enum {string} */
                direction: "Underlay" | "External";
            }[];
        };
        GroupMember: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            instance_id: string;
            instance_name: string | null;
            /** @enum {string} */
            state: "joining" | "joined" | "left";
            reason: string | null;
            generation: number;
            /** Format: uuid */
            sled_id: string | null;
            /** Format: uuid */
            propolis_id: string | null;
            port: string | null;
            /** Format: uuid */
            target_sled_id: string | null;
            /** Format: uuid */
            target_propolis_id: string | null;
            target_port: string | null;
            /**
             * Format: date-time
             * @description Set: removed, but not yet confirmed by every switch.
             */
            time_deleted: string | null;
        };
        /** @description One VMM that accepts the group from these sources. */
        GroupFlow: {
            /** Format: uuid */
            propolis_id: string;
            /** Format: uuid */
            sled_id: string;
            sources: string[];
            /** @enum {string} */
            state: "joining" | "joined" | "leaving";
            reason: string | null;
        };
        GroupExplanation: {
            /** Format: uuid */
            group_id: string;
            group_name: components["schemas"]["Name"];
            /** Format: ip */
            group_ip: string;
            /** Format: uuid */
            instance_id: string | null;
            instance_name: string | null;
            /** Format: ip */
            source: string | null;
            /**
             * @description partly: through some of the switches, or no further than the port of its sled.
             * @enum {string}
             */
            receives: "yes" | "partly" | "no";
            /** @description The first link that is not whole. */
            broken: string | null;
            why: string;
            links: components["schemas"]["ExplanationLink"][];
        };
        ExplanationLink: {
            /** @description multicast, membership, instance, generation, switchN, source filter, sled, agent version. */
            link: string;
            /** @enum {string} */
            state: "whole" | "limited" | "broken";
            detail: string;
        };
        /** @description A single page of results */
        DriftResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Drift"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Drift: {
            /** Format: uuid */
            id: string;
            /**
             * @description missing: expected and not there. stray: there and not expected. divergent: there with other values. orphan: an object of ours that no row asks for.
             * @enum {string}
             */
            kind: "missing" | "stray" | "divergent" | "orphan";
            /** Format: uuid */
            switch_id: string;
            /** @description null: it has left the rack. */
            switch_name: string | null;
            group_id: string;
            /** @description null: there is no such group. */
            group_name: string | null;
            /** Format: ip */
            group_ip: string;
            /** @description null: the whole object is meant. */
            port: string | null;
            detail: string;
            /** Format: date-time */
            time_found: string;
            /** Format: date-time */
            time_repaired: string | null;
            /** @description Workflow id. */
            repaired_by: string | null;
        };
        /** @description A single page of results */
        GroupSummaryResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["GroupSummary"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        GroupSummary: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["Name"];
            /** Format: ip */
            multicast_ip: string;
            /** Format: uuid */
            project_id: string;
            /** Format: uuid */
            ip_pool_id: string;
            /** @enum {string} */
            state: "creating" | "active" | "deleting";
            members: components["schemas"]["MemberCounts"];
            /** @description Number of the newest request to converge. */
            requested: number;
            /** @description Number of the newest request that a round has served. */
            served: number;
            /** @description Rounds so far. */
            round: number;
            /** @description Writes that they took, on all switches that are in the rack. */
            writes: number;
            /** @description Of the newest round. */
            outcome: string | null;
            reason: string | null;
            /** @description Rounds failed in a row. */
            failures: number;
            /** @description Switches that lack the newest configuration. */
            degraded: string[];
            /** @description Differences found and not yet repaired. */
            drift: number;
            /** Format: date-time */
            time_converged: string | null;
            /** Format: date-time */
            time_retry: string | null;
        };
        /** @description removed: not yet confirmed by every switch. */
        MemberCounts: {
            joining: number;
            joined: number;
            left: number;
            removed: number;
        };
        /** @description A single page of results */
        MemberResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Member"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Member: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            instance_id: string;
            instance_name: string | null;
            /** @enum {string} */
            state: "joining" | "joined" | "left";
            reason: string | null;
            generation: number;
            /** Format: uuid */
            sled_id: string | null;
            /** Format: uuid */
            propolis_id: string | null;
            port: string | null;
            /** Format: uuid */
            target_sled_id: string | null;
            /** Format: uuid */
            target_propolis_id: string | null;
            target_port: string | null;
            /**
             * Format: date-time
             * @description Set: removed, but not yet confirmed by every switch.
             */
            time_deleted: string | null;
            /** Format: uuid */
            group_id: string;
            group_name: string;
            /** Format: ip */
            group_ip: string;
            /** Format: date-time */
            time_modified: string;
        };
        /** @description A single page of results */
        PoolResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Pool"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Pool: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["Name"];
            description: string;
            /** @enum {string} */
            ip_version: "v4" | "v6";
            /** @enum {string} */
            pool_type: "unicast" | "multicast";
            mvlan: number | null;
            switch_port_uplinks: string[];
            ranges: components["schemas"]["PoolRange"][];
            addresses: components["schemas"]["PoolAddresses"];
            groups: components["schemas"]["GroupCounts"];
            members: components["schemas"]["MemberCounts"];
            /** @description Of all its groups so far. */
            rounds: number;
            /** @description That these rounds took, on all switches that are in the rack. */
            writes: number;
            /** @description Groups that a switch out of service lacks. */
            degraded: number;
            /**
             * Format: date-time
             * @description When one of its groups last converged.
             */
            time_converged: string | null;
        };
        PoolRange: {
            /** Format: ip */
            first: string;
            /** Format: ip */
            last: string;
        };
        PoolAddresses: {
            /** @description A decimal number. */
            total: string;
            /** @description A decimal number. */
            used: string;
            /** @description A decimal number. */
            free: string;
        };
        GroupCounts: {
            creating: number;
            active: number;
            deleting: number;
        };
        ReconcileStatus: {
            schedule_id: string;
            paused: boolean;
            /** @description Why it is paused, if somebody said so. */
            note: string | null;
            /** Format: date-time */
            time_next: string | null;
            /** @description Newest first. */
            runs: components["schemas"]["ReconcileRun"][];
        };
        ReconcileRun: {
            workflow_id: string;
            run_id: string;
            /** @enum {string} */
            status: "running" | "completed" | "failed" | "canceled" | "terminated" | "timed_out" | "unknown";
            /** Format: date-time */
            time_started: string;
            /** Format: date-time */
            time_finished: string | null;
            /** @description What a run under way says of itself (Markdown). */
            details: string | null;
            /** @description What a completed run returned. */
            report: components["schemas"]["ReconcileReport"] | null;
            error: string | null;
        };
        ReconcileReport: {
            /** @description Multicast is off: nothing was done. */
            disabled: boolean;
            groups_created: number;
            groups_deleted: number;
            /** @description Objects compared and found right. */
            groups_verified: number;
            /** @description Found different on some switch. */
            groups_different: number;
            groups_repaired: number;
            groups_woken: number;
            members_processed: number;
            members_repaired: number;
            members_deleted: number;
            orphans_removed: number;
            events_redelivered: number;
            switches_checked: number;
            /** @description Work that was not done, apart from work that was not there. */
            skipped: string[];
            /** @description Item by item; none keeps the others from being worked on. */
            errors: string[];
        };
        Triggered: {
            schedule_id: string;
        };
        NewToken: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            actor_id: string;
            /** Format: uuid */
            silo_id: string;
            description: string;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_expires: string | null;
            /** @description Shown this once, and stored only as a hash. */
            token: string;
        };
        /** @description A single page of results */
        TokenResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["Token"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        Token: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            actor_id: string;
            /** Format: uuid */
            silo_id: string;
            description: string;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_expires: string | null;
        };
    };
    responses: {
        /** @description Error */
        Error: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Error"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_event_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path: {
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventStatusResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_event_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                instance: string;
            };
            cookie?: never;
        };
        /** @description Something happened to an instance, or is about to. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["InstanceEvent"];
            };
        };
        responses: {
            /** @description known already, or overtaken */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventReceipt"];
                };
            };
            /** @description accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventReceipt"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_event_post_batch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Events of any instances, judged in this order. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventBatch"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventBatchAnswer"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstanceResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Instance"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_event_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                instance: string;
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventStatus"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_multicast_membership_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstanceMulticastMembership"][];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    silo_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                silo: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Silo"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    silo_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                silo: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SiloPut"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Silo"];
                };
            };
            /** @description created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Silo"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    silo_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                silo: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    silo_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SiloResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    project_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    project_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectPut"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            /** @description created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    project_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    project_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    vpc_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vpc: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vpc"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    vpc_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vpc: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VpcPut"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vpc"];
                };
            };
            /** @description created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vpc"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    vpc_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                vpc: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    vpc_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VpcResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    sled_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sled: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sled"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    sled_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sled: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SledPut"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sled"];
                };
            };
            /** @description created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sled"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    sled_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sled: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    sled_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SledResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    switch_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                switch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Switch"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    switch_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                switch: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SwitchPut"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Switch"];
                };
            };
            /** @description created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Switch"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    switch_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                switch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    switch_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SwitchResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    group_status: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                group: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupStatus"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    group_explain: {
        parameters: {
            query?: {
                /** @description By id, or by name in the project of the group. Absent: the group alone. */
                instance?: components["schemas"]["NameOrId"];
                /** @description Address that sends. Absent: any that the group takes. */
                source?: string;
            };
            header?: never;
            path: {
                group: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupExplanation"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    drift_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                open?: boolean;
                switch?: string;
                group?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DriftResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    event_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                outcome?: "pending" | "running" | "succeeded" | "failed" | "superseded" | "stale" | "disabled";
                instance?: string;
                kind?: "create" | "start" | "stop" | "delete" | "migrate" | "reconfigure" | "reboot" | "fail";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventStatusResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    event_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                event: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventStatus"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    group_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                state?: "creating" | "active" | "deleting";
                project?: string;
                pool?: string;
                name?: components["schemas"]["Name"];
                ip?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupSummaryResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    member_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                group?: string;
                instance?: string;
                sled?: string;
                /** @description removed: not yet confirmed by every switch; left out unless asked for. */
                state?: "joining" | "joined" | "left" | "removed";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    pool_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                name?: components["schemas"]["Name"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    pool_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pool"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    reconcile_view: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconcileStatus"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    reconcile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description triggered */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Triggered"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_settings_view: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MulticastSettings"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_settings_put: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MulticastSettings"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MulticastSettings"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    token_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    token_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenCreate"];
            };
        };
        responses: {
            /** @description created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    token_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    role_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                actor: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Role"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            /** @description granted */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Role"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    role_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                actor: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Role"];
            };
        };
        responses: {
            /** @description revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
}
