/** Generated from external.json by `npm run generate`; do not edit. sha256 760b597aeae95363e3864b4852b656d2150548887206f808571e6d48e80eeb22 */

export interface paths {
    "/v1/multicast-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List all multicast groups of a project */
        get: operations["multicast_group_list"];
        put?: never;
        /** Create a multicast group */
        post: operations["multicast_group_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/multicast-groups/{multicast_group}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch a multicast group */
        get: operations["multicast_group_view"];
        /** Update a multicast group */
        put: operations["multicast_group_update"];
        post?: never;
        /**
         * Delete a multicast group
         * @description Its members end with it. Name and address stay taken until every switch has confirmed.
         */
        delete: operations["multicast_group_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/multicast-groups/{multicast_group}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List members of a multicast group */
        get: operations["multicast_group_member_list"];
        put?: never;
        /** Add an instance to a multicast group */
        post: operations["multicast_group_member_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/multicast-groups/{multicast_group}/members/{instance}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove an instance from a multicast group */
        delete: operations["multicast_group_member_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/instances/{instance}/multicast-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List multicast groups of an instance */
        get: operations["instance_multicast_group_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/instances/{instance}/multicast-groups/{multicast_group}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Join a multicast group */
        put: operations["instance_multicast_group_join"];
        post?: never;
        /** Leave a multicast group */
        delete: operations["instance_multicast_group_leave"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/multicast-groups/by-ip/{address}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Look up a multicast group by IP address */
        get: operations["lookup_multicast_group_by_ip"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List IP pools */
        get: operations["ip_pool_list"];
        put?: never;
        /** Create an IP pool */
        post: operations["ip_pool_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools/{pool}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch an IP pool */
        get: operations["ip_pool_view"];
        /** Update an IP pool */
        put: operations["ip_pool_update"];
        post?: never;
        /** Delete an IP pool */
        delete: operations["ip_pool_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools/{pool}/utilization": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch the utilization of an IP pool */
        get: operations["ip_pool_utilization_view"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools/{pool}/ranges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the ranges of an IP pool
         * @description In order of their first addresses.
         */
        get: operations["ip_pool_range_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools/{pool}/ranges/add": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a range to an IP pool
         * @description No two ranges of any pools may overlap.
         */
        post: operations["ip_pool_range_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools/{pool}/ranges/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove a range from an IP pool
         * @description The range must match exactly, and no group may have an address of it.
         */
        post: operations["ip_pool_range_remove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools/{pool}/silos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the silos linked to an IP pool */
        get: operations["ip_pool_silo_list"];
        put?: never;
        /** Link an IP pool to a silo */
        post: operations["ip_pool_silo_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/ip-pools/{pool}/silos/{silo}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make an IP pool the default of a silo, or no longer */
        put: operations["ip_pool_silo_update"];
        post?: never;
        /**
         * Unlink an IP pool from a silo
         * @description Refused while groups of the silo have addresses of the pool.
         */
        delete: operations["ip_pool_silo_unlink"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ip-pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the IP pools of the caller's silo */
        get: operations["project_ip_pool_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ip-pools/{pool}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fetch an IP pool of the caller's silo */
        get: operations["project_ip_pool_view"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/system/silos/{silo}/ip-pools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the IP pools linked to a silo */
        get: operations["silo_ip_pool_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        NameOrId: string | components["schemas"]["Name"];
        /**
         * @description Supported set of sort modes for scanning by name or id
         * @enum {string}
         */
        NameOrIdSortMode: "name_ascending" | "name_descending" | "id_ascending";
        /** @description Create-time parameters for a multicast group. */
        MulticastGroupCreate: {
            name: components["schemas"]["Name"];
            description: string;
            /**
             * Format: ip
             * @description The multicast IP address to allocate. If absent, one is allocated from the pool.
             */
            multicast_ip?: string | null;
            /** @description Source IP addresses for Source-Specific Multicast (SSM). Absent or empty: any source (ASM). */
            source_ips?: string[] | null;
            /** @description Name or ID of the IP pool to allocate from; absent: the silo's default multicast pool. */
            pool?: components["schemas"]["NameOrId"] | null;
            /** @description Name or ID of a VPC of the group's project whose VNI to use; absent: the default VNI. */
            vpc?: components["schemas"]["NameOrId"] | null;
        };
        /**
         * A name unique within the parent collection
         * @description Begins with a lower-case letter; lower-case letters, digits and "-", not at the end. It may contain a UUID but not be one.
         */
        Name: string;
        /** @description Update-time parameters for a multicast group; what is absent or null stays. */
        MulticastGroupUpdate: {
            name?: components["schemas"]["Name"] | null;
            description?: string | null;
            source_ips?: string[] | null;
        };
        /**
         * @description Supported set of sort modes for scanning by id only.
         * @enum {string}
         */
        IdSortMode: "id_ascending";
        /** @description Parameters for adding an instance to a multicast group. */
        MulticastGroupMemberAdd: {
            instance: components["schemas"]["NameOrId"];
        };
        /** @description Create-time parameters for an `IpPool` */
        IpPoolCreate: {
            name: components["schemas"]["Name"];
            description: string;
            /** @default v4 */
            ip_version?: components["schemas"]["IpVersion"];
            /** @default unicast */
            pool_type?: components["schemas"]["IpPoolType"];
            switch_port_uplinks?: components["schemas"]["SwitchPortUplink"][] | null;
            mvlan?: components["schemas"]["VlanId"] | null;
        };
        /**
         * @description The IP address version.
         * @enum {string}
         */
        IpVersion: "v4" | "v6";
        /**
         * @description Type of IP pool.
         * @enum {string}
         */
        IpPoolType: "unicast" | "multicast";
        /** @description A front port of a switch. The string `<switch_location>.<port_name>`, as in the view, is taken as well. */
        SwitchPortUplink: {
            port_name: components["schemas"]["Name"];
            switch_location: components["schemas"]["Name"];
        };
        /**
         * Format: uint16
         * @description A VLAN id that a tag can carry.
         */
        VlanId: number;
        /** @description Parameters for updating an IP Pool; what is absent or null stays. */
        IpPoolUpdate: {
            name?: components["schemas"]["Name"] | null;
            description?: string | null;
            switch_port_uplinks?: components["schemas"]["SwitchPortUplink"][] | null;
            mvlan?: components["schemas"]["VlanId"] | null;
        };
        IpRange: components["schemas"]["Ipv4Range"] | components["schemas"]["Ipv6Range"];
        /** @description A non-decreasing IPv4 address range, inclusive of both ends. */
        Ipv4Range: {
            /** Format: ipv4 */
            first: string;
            /** Format: ipv4 */
            last: string;
        };
        /** @description A non-decreasing IPv6 address range, inclusive of both ends. */
        Ipv6Range: {
            /** Format: ipv6 */
            first: string;
            /** Format: ipv6 */
            last: string;
        };
        IpPoolLinkSilo: {
            silo: components["schemas"]["NameOrId"];
            /** @description A silo has at most one default pool per pool type and IP version. */
            is_default: boolean;
        };
        IpPoolSiloUpdate: {
            /** @description True replaces the default of the same pool type and IP version. */
            is_default: boolean;
        };
        /** @description A single page of results */
        MulticastGroupResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["MulticastGroup"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        /** @description View of a Multicast Group */
        MulticastGroup: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["Name"];
            description: string;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
            /**
             * Format: ip
             * @description The multicast IP address held by this resource.
             */
            multicast_ip: string;
            /** @description Source IP addresses for Source-Specific Multicast (SSM). Empty array means any source is allowed. */
            source_ips: string[];
            /**
             * Format: uuid
             * @description The ID of the IP pool this resource belongs to.
             */
            ip_pool_id: string;
            /**
             * Format: uuid
             * @description The ID of the project that contains this resource.
             */
            project_id: string;
            /**
             * Format: uuid
             * @description The VPC whose VNI the group uses; null for the default VNI.
             */
            vpc_id: string | null;
            /**
             * Format: uint32
             * @description The Geneve VNI of the group.
             */
            vni: number;
            /** @description Current state of the multicast group: Creating, Active or Deleting. */
            state: string;
        };
        /** @description Error information from a response. */
        Error: {
            error_code?: string;
            message: string;
            request_id: string;
        };
        /** @description A single page of results */
        MulticastGroupMemberResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["MulticastGroupMember"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        /** @description View of a Multicast Group Member (instance belonging to a multicast group) */
        MulticastGroupMember: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["Name"];
            description: string;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
            /**
             * Format: uuid
             * @description The ID of the multicast group this member belongs to.
             */
            multicast_group_id: string;
            /**
             * Format: uuid
             * @description The ID of the instance that is a member of this group.
             */
            instance_id: string;
            /** @description Current state of the membership: Joining, Joined or Left. */
            state: string;
        };
        /** @description A single page of results */
        IpPoolResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["IpPool"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        /** @description A collection of IP ranges. */
        IpPool: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["Name"];
            description: string;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
            ip_version: components["schemas"]["IpVersion"];
            pool_type: components["schemas"]["IpPoolType"];
            /**
             * Format: uint16
             * @description VLAN id of multicast traffic leaving by the uplinks.
             */
            mvlan?: number | null;
            /** @description Uplinks of a multicast pool, as `<switch>.<port>`. */
            switch_port_uplinks?: string[] | null;
        };
        /** @description The utilization of IP addresses in a pool. */
        IpPoolUtilization: {
            /**
             * Format: double
             * @description The total number of addresses in the pool.
             */
            capacity: number;
            /**
             * Format: double
             * @description The number of addresses that no group has.
             */
            remaining: number;
        };
        /** @description A single page of results */
        IpPoolRangeResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["IpPoolRange"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        IpPoolRange: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            ip_pool_id: string;
            range: components["schemas"]["IpRange"];
            /** Format: date-time */
            time_created: string;
        };
        /** @description A single page of results */
        IpPoolSiloLinkResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["IpPoolSiloLink"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        /** @description A link between an IP pool and a silo. */
        IpPoolSiloLink: {
            /** Format: uuid */
            ip_pool_id: string;
            /** Format: uuid */
            silo_id: string;
            is_default: boolean;
        };
        /** @description A single page of results */
        SiloIpPoolResultsPage: {
            /** @description list of items on this page of results */
            items: components["schemas"]["SiloIpPool"][];
            /** @description token used to fetch the next page of results (if any) */
            next_page?: string | null;
        };
        /** @description An IP pool in the context of a silo */
        SiloIpPool: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["Name"];
            description: string;
            /** Format: date-time */
            time_created: string;
            /** Format: date-time */
            time_modified: string;
            is_default: boolean;
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
    multicast_group_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                project?: components["schemas"]["NameOrId"];
                sort_by?: components["schemas"]["NameOrIdSortMode"];
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
                    "application/json": components["schemas"]["MulticastGroupResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_group_create: {
        parameters: {
            query: {
                project: components["schemas"]["NameOrId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Create-time parameters for a multicast group. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["MulticastGroupCreate"];
            };
        };
        responses: {
            /** @description successful creation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MulticastGroup"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_group_view: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                multicast_group: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["MulticastGroup"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_group_update: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                multicast_group: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        /** @description Update-time parameters for a multicast group; what is absent or null stays. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["MulticastGroupUpdate"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MulticastGroup"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_group_delete: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                multicast_group: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful deletion */
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
    multicast_group_member_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                project?: components["schemas"]["NameOrId"];
                sort_by?: components["schemas"]["IdSortMode"];
            };
            header?: never;
            path: {
                multicast_group: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["MulticastGroupMemberResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_group_member_add: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                multicast_group: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        /** @description Parameters for adding an instance to a multicast group. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["MulticastGroupMemberAdd"];
            };
        };
        responses: {
            /** @description successful creation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MulticastGroupMember"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    multicast_group_member_remove: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                multicast_group: components["schemas"]["NameOrId"];
                instance: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful deletion */
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
    instance_multicast_group_list: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                instance: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["MulticastGroupMemberResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_multicast_group_join: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                instance: components["schemas"]["NameOrId"];
                multicast_group: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful creation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MulticastGroupMember"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    instance_multicast_group_leave: {
        parameters: {
            query?: {
                project?: components["schemas"]["NameOrId"];
            };
            header?: never;
            path: {
                instance: components["schemas"]["NameOrId"];
                multicast_group: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful deletion */
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
    lookup_multicast_group_by_ip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                address: string;
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
                    "application/json": components["schemas"]["MulticastGroup"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                sort_by?: components["schemas"]["NameOrIdSortMode"];
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
                    "application/json": components["schemas"]["IpPoolResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Create-time parameters for an `IpPool` */
        requestBody: {
            content: {
                "application/json": components["schemas"]["IpPoolCreate"];
            };
        };
        responses: {
            /** @description successful creation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IpPool"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["IpPool"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        /** @description Parameters for updating an IP Pool; what is absent or null stays. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["IpPoolUpdate"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IpPool"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful deletion */
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
    ip_pool_utilization_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["IpPoolUtilization"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_range_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
            };
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["IpPoolRangeResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_range_add: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IpRange"];
            };
        };
        responses: {
            /** @description successful creation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IpPoolRange"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_range_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IpRange"];
            };
        };
        responses: {
            /** @description successful removal */
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
    ip_pool_silo_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                sort_by?: components["schemas"]["IdSortMode"];
            };
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["IpPoolSiloLinkResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_silo_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IpPoolLinkSilo"];
            };
        };
        responses: {
            /** @description successful creation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IpPoolSiloLink"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_silo_update: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
                silo: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IpPoolSiloUpdate"];
            };
        };
        responses: {
            /** @description successful operation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IpPoolSiloLink"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    ip_pool_silo_unlink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
                silo: components["schemas"]["NameOrId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description successful deletion */
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
    project_ip_pool_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                sort_by?: components["schemas"]["NameOrIdSortMode"];
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
                    "application/json": components["schemas"]["SiloIpPoolResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    project_ip_pool_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pool: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["SiloIpPool"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
    silo_ip_pool_list: {
        parameters: {
            query?: {
                limit?: number | null;
                /** @description Token returned by previous call to retrieve the subsequent page */
                page_token?: string | null;
                sort_by?: components["schemas"]["NameOrIdSortMode"];
            };
            header?: never;
            path: {
                silo: components["schemas"]["NameOrId"];
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
                    "application/json": components["schemas"]["SiloIpPoolResultsPage"];
                };
            };
            "4XX": components["responses"]["Error"];
            "5XX": components["responses"]["Error"];
        };
    };
}
