/**
 * A disk in memory that does no more than it promised: after a crash, bytes of files are as of their last sync() and
 * names as of the last syncFolder(). Before every operation `before` is asked, which may throw.
 */
import { basename, dirname } from "node:path";
import type {
  FileSystem,
  ReadableFile,
  WritableFile,
} from "../../dataplane/snapshot/file-system.ts";

interface FileNode {
  readonly kind: "file";
  bytes: Buffer<ArrayBuffer>;
  durable: Buffer<ArrayBuffer>;
}

interface FolderNode {
  readonly kind: "folder";
  names: Map<string, DiskNode>;
  durable: Map<string, DiskNode>;
}

type DiskNode = FileNode | FolderNode;

export type DiskOperation =
  | "create"
  | "write"
  | "sync"
  | "close"
  | "open"
  | "read"
  | "list"
  | "makeFolder"
  | "syncFolder"
  | "rename"
  | "link"
  | "remove";

export class MemoryDisk implements FileSystem {
  readonly #root: FolderNode = { kind: "folder", names: new Map(), durable: new Map() };
  /** Throws to make the operation fail. A write that fails has written half of its bytes. */
  before: (operation: DiskOperation, path: string) => void = () => undefined;

  async create(path: string): Promise<WritableFile> {
    this.before("create", path);
    const names = this.#folder(dirname(path)).names;
    if (names.has(basename(path))) throw diskError("EEXIST", path);
    const file: FileNode = { kind: "file", bytes: Buffer.alloc(0), durable: Buffer.alloc(0) };
    names.set(basename(path), file);
    return {
      write: async (parts) => {
        const bytes = Buffer.concat(parts);
        try {
          this.before("write", path);
        } catch (error) {
          file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, bytes.length >> 1)]);
          throw error;
        }
        file.bytes = Buffer.concat([file.bytes, bytes]);
      },
      sync: async () => {
        this.before("sync", path);
        file.durable = file.bytes;
      },
      close: async () => this.before("close", path),
    };
  }

  async open(path: string): Promise<ReadableFile> {
    this.before("open", path);
    const { bytes } = this.#file(path);
    return {
      lengthBytes: bytes.length,
      read: async (offset, length) => {
        this.before("read", path);
        return Uint8Array.from(bytes.subarray(offset, offset + length));
      },
      close: async () => undefined,
    };
  }

  async list(folder: string): Promise<readonly string[]> {
    this.before("list", folder);
    return [...this.#folder(folder).names.keys()];
  }

  async makeFolder(path: string): Promise<void> {
    this.before("makeFolder", path);
    let folder = this.#root;
    for (const name of partsOf(path)) {
      let next = folder.names.get(name);
      if (next === undefined) {
        next = { kind: "folder", names: new Map(), durable: new Map() };
        folder.names.set(name, next);
        folder.durable.set(name, next);
      }
      if (next.kind === "file") throw diskError("ENOTDIR", path);
      folder = next;
    }
  }

  async syncFolder(path: string): Promise<void> {
    this.before("syncFolder", path);
    const folder = this.#folder(path);
    folder.durable = new Map(folder.names);
  }

  async rename(from: string, to: string): Promise<void> {
    this.before("rename", to);
    const node = this.#node(from);
    this.#folder(dirname(from)).names.delete(basename(from));
    this.#folder(dirname(to)).names.set(basename(to), node);
  }

  async link(from: string, to: string): Promise<void> {
    this.before("link", to);
    const names = this.#folder(dirname(to)).names;
    if (names.has(basename(to))) throw diskError("EEXIST", to);
    names.set(basename(to), this.#file(from));
  }

  async remove(path: string): Promise<void> {
    this.before("remove", path);
    try {
      this.#folder(dirname(path)).names.delete(basename(path));
    } catch {
      // Neither is the folder it would be in.
    }
  }

  /**
   * What was not synced is gone, or, where the disk `keeps` it, not: each change of a name and of a file's bytes for
   * itself, in whatever order they were made.
   */
  crash(keeps: () => boolean = () => false): void {
    forget(this.#root, keeps);
  }

  /** Contents, to look at. */
  bytesOf(path: string): Buffer<ArrayBuffer> {
    return this.#file(path).bytes;
  }

  /** Behind the back of whoever wrote it. */
  overwrite(path: string, bytes: Uint8Array): void {
    this.#file(path).bytes = Buffer.from(bytes);
  }

  #node(path: string): DiskNode {
    let node: DiskNode = this.#root;
    for (const name of partsOf(path)) {
      const next: DiskNode | undefined = node.kind === "folder" ? node.names.get(name) : undefined;
      if (next === undefined) throw diskError("ENOENT", path);
      node = next;
    }
    return node;
  }

  #file(path: string): FileNode {
    const node = this.#node(path);
    if (node.kind === "folder") throw diskError("EISDIR", path);
    return node;
  }

  #folder(path: string): FolderNode {
    const node = this.#node(path);
    if (node.kind === "file") throw diskError("ENOTDIR", path);
    return node;
  }
}

export function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function forget(folder: FolderNode, keeps: () => boolean): void {
  const names = new Map(folder.durable);
  const added = new Set<DiskNode>();
  for (const [name, node] of folder.names) {
    if (folder.durable.get(name) === node || !keeps()) continue;
    names.set(name, node);
    added.add(node);
  }
  const all = new Set(folder.names.values());
  for (const [name, node] of folder.durable) {
    if (folder.names.has(name)) continue;
    // Renamed within the folder: one of the names is there, whatever happens.
    if (all.has(node) ? added.has(node) : keeps()) names.delete(name);
  }
  folder.names = names;
  folder.durable = new Map(names);
  for (const node of names.values()) {
    if (node.kind === "folder") forget(node, keeps);
    else {
      if (node.bytes !== node.durable && keeps()) {
        node.durable = node.bytes.subarray(0, keeps() ? node.bytes.length : node.bytes.length >> 1);
      }
      node.bytes = node.durable;
    }
  }
}
