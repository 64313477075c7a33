// SPDX-License-Identifier: Apache-2.0
//
// Tables of known functions and object files, and to whom they belong: data for FrameRules, and no rule of its own. To
// teach Silt another allocator or runtime, add its names here.

/// Functions and object files of which it is known to whom they belong.
enum KnownCode {
    /// By the whole name.
    static let functions: [String: FrameOrigin] = {
        var table: [String: FrameOrigin] = [:]
        for name in allocators { table[name] = .allocator }
        for name in starters { table[name] = .runtime }
        return table
    }()

    private static let allocators = [
        // C
        "malloc", "calloc", "realloc", "reallocarray", "free", "cfree", "posix_memalign", "aligned_alloc", "memalign",
        "valloc", "pvalloc", "free_sized", "free_aligned_sized", "strdup", "strndup", "wcsdup", "asprintf", "vasprintf",
        "mallocx", "rallocx", "xallocx", "dallocx", "sdallocx", "xmalloc", "xcalloc", "xrealloc", "xstrdup",
        // the shim, where it is a part of the program and leaves recording to a preloaded one
        "malloc_slow", "calloc_slow", "realloc_slow", "posix_memalign_slow", "aligned_alloc_slow", "memalign_slow",
        // Rust
        "__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rust_dealloc", "__rdl_alloc", "__rdl_alloc_zeroed",
        "__rdl_realloc", "__rdl_dealloc", "__rg_alloc", "__rg_alloc_zeroed", "__rg_realloc", "__rg_dealloc",
        // redis, postgres
        "zfree", "zstrdup", "palloc", "palloc0", "palloc_extended", "repalloc", "pstrdup", "pnstrdup", "guc_malloc",
        "guc_strdup",
    ]

    private static let starters = [
        "_start", "start_thread", "clone", "clone3", "__clone", "__clone3", "call_init", "_init", "_fini",
        "rust_begin_unwind", "rust_eh_personality", "__rust_try",
    ]

    /// By what the name begins with; the first that fits counts, so the longer ones stand before their own beginnings.
    static let prefixes: [(prefix: String, origin: FrameOrigin)] = [
        ("operator new", .allocator), ("operator delete", .allocator),
        ("__libc_malloc", .allocator), ("__libc_calloc", .allocator), ("__libc_realloc", .allocator),
        ("__libc_memalign", .allocator), ("_int_malloc", .allocator), ("_int_realloc", .allocator),
        ("swift_alloc", .allocator), ("swift_slowAlloc", .allocator), ("swift_slowDealloc", .allocator),
        ("swift_bufferAllocate", .allocator), ("swift::swift_slowAlloc", .allocator), ("_swift_alloc", .allocator),
        ("swift_task_alloc", .allocator),
        ("je_", .allocator), ("_rjem_", .allocator), ("jemalloc_", .allocator), ("tc_", .allocator),
        ("tcmalloc::", .allocator), ("mi_", .allocator), ("_mi_", .allocator),
        ("alloc::alloc::", .allocator), ("<alloc::alloc::Global", .allocator), ("__rustc::__r", .allocator),
        ("g_malloc", .allocator), ("g_realloc", .allocator), ("g_try_malloc", .allocator), ("g_slice_", .allocator),
        ("g_strdup", .allocator), ("g_memdup", .allocator), ("g_aligned_alloc", .allocator),
        ("g_array_", .container), ("g_ptr_array_", .container), ("g_byte_array_", .container),
        ("g_hash_table_", .container), ("g_string_", .container), ("g_list_", .container), ("g_slist_", .container),
        ("zmalloc", .allocator), ("zcalloc", .allocator), ("zrealloc", .allocator), ("ztrymalloc", .allocator),
        ("ztrycalloc", .allocator), ("ztryrealloc", .allocator),
        ("sdsnew", .container), ("_sdsnew", .container), ("sdscat", .container), ("sdsdup", .container),
        ("sdsMakeRoomFor", .container), ("_sdsMakeRoomFor", .container), ("sdsgrowzero", .container),
        ("PyMem_", .allocator), ("_PyMem_", .allocator), ("PyObject_Malloc", .allocator),
        ("PyObject_Calloc", .allocator), ("PyObject_Realloc", .allocator), ("_PyObject_Malloc", .allocator),
        ("_PyObject_Calloc", .allocator), ("_PyObject_Realloc", .allocator), ("pymalloc_alloc", .allocator),
        ("_PyObject_New", .allocator), ("_PyObject_GC_", .allocator), ("PyType_GenericAlloc", .allocator),
        ("MemoryContextAlloc", .allocator), ("AllocSetAlloc", .allocator), ("AllocSetRealloc", .allocator),
        ("AllocSetContextCreate", .allocator), ("GenerationAlloc", .allocator), ("GenerationContextCreate", .allocator),
        ("SlabAlloc", .allocator), ("SlabContextCreate", .allocator),
        ("ngx_alloc", .allocator), ("ngx_calloc", .allocator), ("ngx_palloc", .allocator), ("ngx_pcalloc", .allocator),
        ("ngx_pnalloc", .allocator), ("ngx_pmemalign", .allocator), ("ngx_memalign", .allocator),
        ("ngx_create_pool", .allocator), ("ngx_array_", .container), ("ngx_list_", .container),
        ("CRYPTO_malloc", .allocator), ("CRYPTO_zalloc", .allocator), ("CRYPTO_realloc", .allocator),
        ("CRYPTO_strdup", .allocator), ("CRYPTO_strndup", .allocator), ("CRYPTO_memdup", .allocator),
        ("OPENSSL_LH_", .container), ("OPENSSL_sk_", .container), ("BUF_MEM_grow", .container),
        ("sqlite3_malloc", .allocator), ("sqlite3_realloc", .allocator), ("sqlite3Malloc", .allocator),
        ("sqlite3Realloc", .allocator), ("sqlite3DbMalloc", .allocator), ("sqlite3DbRealloc", .allocator),
        ("sqlite3MemMalloc", .allocator), ("sqlite3MemRealloc", .allocator),
        // perl: its values and strings
        ("Perl_more_sv", .allocator), ("Perl_more_bodies", .allocator), ("Perl_sv_grow", .container),
        ("Perl_av_extend", .container),
        // OpenJDK, V8, node
        ("os::malloc(", .allocator), ("os::realloc(", .allocator), ("os::strdup(", .allocator),
        ("Unsafe_AllocateMemory", .allocator), ("Unsafe_ReallocateMemory", .allocator),
        ("AllocateHeap(", .allocator), ("ReallocateHeap(", .allocator), ("resource_allocate_bytes(", .allocator),
        ("ChunkPool::allocate(", .allocator), ("Arena::Arena(", .allocator), ("Arena::grow(", .allocator),
        ("Arena::Amalloc", .allocator), ("Arena::Arealloc(", .allocator),
        ("v8::internal::Malloced::", .allocator), ("v8::internal::AllocWithRetry(", .allocator),
        ("v8::internal::AllocAtLeastWithRetry(", .allocator), ("v8::ArrayBuffer::NewBackingStore", .allocator),
        ("v8::internal::AlignedAlloc", .allocator), ("v8::internal::AccountingAllocator::", .allocator),
        ("v8::internal::Zone::", .allocator), ("v8::internal::Heap::AllocateExternalBackingStore(", .allocator),
        ("v8::internal::BackingStore::Allocate(", .allocator), ("node::NodeArrayBufferAllocator::", .allocator),
        ("__libc_start_", .runtime), ("_dl_", .runtime), ("__cxa_", .runtime), ("_Unwind_", .runtime),
        ("swift_", .runtime), ("_swift_", .runtime), ("swift::", .runtime), ("dispatch_", .runtime),
        ("_dispatch_", .runtime), ("std::rt::", .runtime), ("std::sys::", .runtime), ("std::panic", .runtime),
    ]

    /// By what the object file's name begins with.
    static let modules: [(prefix: String, origin: FrameOrigin)] = [
        ("libsilt.so", .allocator), ("libjemalloc.", .allocator), ("libtcmalloc", .allocator),
        ("libmimalloc", .allocator), ("libsnmalloc", .allocator), ("librpmalloc", .allocator),
        ("libtbbmalloc", .allocator), ("libhoard.", .allocator),
        ("libc.so", .runtime), ("libc-", .runtime), ("ld-linux", .runtime), ("ld-2", .runtime), ("ld-musl", .runtime),
        ("libpthread", .runtime), ("libm.so", .runtime), ("libdl.so", .runtime), ("librt.so", .runtime),
        ("libgcc_s", .runtime), ("libunwind", .runtime), ("linux-vdso", .runtime), ("[vdso]", .runtime),
        ("libstdc++", .runtime), ("libc++", .runtime), ("libswift", .runtime), ("libdispatch", .runtime),
        ("libBlocksRuntime", .runtime), ("libFoundation", .runtime), ("lib_Foundation", .runtime),
        ("lib_InternationalizationStubs", .runtime), ("libstd-", .runtime),
    ]
}
