/**
 * Wire shape of a virtual machine's hardware: the board and its components by key.
 * Invariant: unlike the rest of the body this part is exact — the agent hands it to the hypervisor, which refuses a field it
 * does not know, so this refuses it too.
 */
import { z } from 'zod';
import { U8, U32, U64, Uuid } from './wire-network';

const PciPath = z.object({ bus: U8, device: U8, function: U8 });

/** A component's key: a UUID or any name. */
const SpecKey = z.string();

const CpuidEntry = z.strictObject({
  leaf: U32,
  subleaf: U32.nullish(),
  eax: U32,
  ebx: U32,
  ecx: U32,
  edx: U32,
});

const HypervisorInterface = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('bhyve') }),
  z.strictObject({
    type: z.literal('hyper_v'),
    value: z.strictObject({ features: z.array(z.enum(['reference_tsc'])) }),
  }),
]);

const Board = z.strictObject({
  chipset: z.strictObject({ type: z.literal('i440_fx'), value: z.strictObject({ enable_pcie: z.boolean() }) }),
  cpuid: z.strictObject({ entries: z.array(CpuidEntry), vendor: z.enum(['amd', 'intel']) }).nullish(),
  cpus: U8,
  guest_hv_interface: HypervisorInterface.optional(),
  memory_mb: U64,
});

const Component = z.discriminatedUnion('type', [
  component('virtio_disk', { backend_id: SpecKey, pci_path: PciPath }),
  component('nvme_disk', { backend_id: SpecKey, pci_path: PciPath, serial_number: z.array(U8).length(20) }),
  component('virtio_nic', { backend_id: SpecKey, interface_id: Uuid, pci_path: PciPath }),
  component('serial_port', { num: z.enum(['com1', 'com2', 'com3', 'com4']) }),
  component('pci_pci_bridge', { downstream_bus: U8, pci_path: PciPath }),
  component('qemu_pvpanic', { enable_isa: z.boolean() }),
  component('boot_settings', { order: z.array(z.object({ id: SpecKey })) }),
  component('soft_npu_pci_port', { pci_path: PciPath }),
  component('soft_npu_port', { backend_id: SpecKey, link_name: z.string() }),
  component('soft_npu_p9', { pci_path: PciPath }),
  component('p9fs', { chunk_size: U32, pci_path: PciPath, source: z.string(), target: z.string() }),
  component('migration_failure_injector', { fail_exports: U32, fail_imports: U32 }),
  component('crucible_storage_backend', { readonly: z.boolean(), request_json: z.string() }),
  component('file_storage_backend', {
    block_size: U32,
    path: z.string(),
    readonly: z.boolean(),
    workers: U64.min(1).nullish(),
  }),
  component('blob_storage_backend', { base64: z.string(), readonly: z.boolean() }),
  component('virtio_network_backend', { vnic_name: z.string() }),
  component('dlpi_network_backend', { vnic_name: z.string() }),
]);

export const VmmSpec = z.strictObject({ board: Board, components: z.record(z.string(), Component) });

function component<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return z.strictObject({ type: z.literal(type), component: z.strictObject(shape) });
}
