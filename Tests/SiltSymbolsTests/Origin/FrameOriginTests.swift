// SPDX-License-Identifier: Apache-2.0
//
// To whom a frame belongs, for known functions of each language and library.

import SiltSymbols
import Testing

@Suite struct FrameOriginTests {
    private func origin(_ systemName: String, in module: String = "/usr/bin/service") throws -> FrameOrigin {
        let frame = Frame(function: demangle(systemName), systemName: systemName)
        return FrameRules().origin(of: frame, module: module)
    }

    @Test(arguments: [
        "malloc", "posix_memalign", "_Znwm", "_ZnamRKSt9nothrow_t", "_ZdlPvm", "swift_allocObject", "swift_slowAlloc",
        "je_malloc_default", "_rjem_malloc", "mi_malloc_aligned", "tc_newarray", "__rust_alloc", "g_malloc0",
        "PyMem_RawMalloc", "PyObject_Malloc", "zmalloc", "palloc0", "ngx_palloc", "CRYPTO_zalloc",
        "_ZN5alloc5alloc15exchange_malloc17h0123456789abcdefE", "_RNvCsfLfy6EI15iL_7___rustc12___rust_alloc",
        "_ZN2os6mallocEm8MEMFLAGS", "_ZN5Arena4growEmN17AllocFailStrategy13AllocFailEnumE", "_ZN4shop5OrdernwEm",
        "_ZN2v88internal8MallocednwEm", "zmalloc_usable", "zcalloc_num", "AllocSetContextCreateInternal",
        "_PyObject_GC_New", "ngx_create_pool", "g_malloc_n",
    ])
    func allocatingFunctionsAreTheAllocators(name: String) throws {
        #expect(try origin(name) == .allocator)
    }

    @Test(arguments: [
        "_ZNSt6vectorIiSaIiEE17_M_realloc_insertIJRKiEEEvN9__gnu_cxx17__normal_iteratorIPiS1_EEDpOT_",
        "_ZNKSt6vectorIiSaIiEE4sizeEv", "_ZNSs6appendEPKc", "_ZN9__gnu_cxx13new_allocatorIiE8allocateEmPKv",
        "_ZSt4copyIPiS0_ET0_T_S2_S1_", "$sSa6appendyyxnF", "$sSa6appendyyxnF4main3FooV_Tg5", "$ss12_ArrayBufferV",
        "$sSTsE8contains5whereS2b7ElementQzKXE_tKFSaySSG_Tg5", "$sSlsSQ7ElementRpzrlE5split",
        "$sSD17dictionaryLiteralSDyxq_Gx_q_td_tcfC", "$sSS6appendyySSF", "$ss32_copyCollectionToContiguousArrayF",
        "_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$7reserve17h0123456789abcdefE",
        "_ZN5alloc7raw_vec20RawVecInner$LT$A$GT$11finish_grow17h0123456789abcdefE.llvm.1234567890123456789",
        "_ZN9hashbrown3raw8RawTable14reserve_rehash17h0123456789abcdefE",
        "_RNvXs9_NtNtCsjrHSEGnQ3l9_3std2io5implsINtNtCslNYArtu3iFV_5alloc3vec3VechENtB7_5Write17is_write_vectoredB9_",
        "_ZN72_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..iter..Extend$LT$T$GT$$GT$6extend17h0123456789abcdefE",
        "_ZN45_$LT$T$u20$as$u20$alloc..string..ToString$GT$9to_string17h0123456789abcdefE",
        "_RNvXC5allochNtB2_4Into4into", "_RNvMC5allocSh6repeat", "_sdsnewlen", "g_hash_table_insert",
        "OPENSSL_LH_insert",
    ])
    func librariesOfLanguagesAreContainers(name: String) throws {
        #expect(try origin(name) == .container)
    }

    @Test(arguments: [
        "__libc_start_main_impl", "_start", "start_thread", "clone3", "_dl_init", "swift_once", "dispatch_async",
        "_dispatch_worker_thread", "__cxa_throw", "_ZN3std2rt10lang_start17h0123456789abcdefE",
    ])
    func whatStartsProgramsIsRuntime(name: String) throws {
        #expect(try origin(name) == .runtime)
    }

    @Test(arguments: [
        "main", "checkout", "_ZN4shop8checkoutEi", "_ZN4shop4CartISt6vectorIiSaIiEEE3addEi", "_Z3fooSt6vectorIiE",
        "$s4main5CacheC6insertyySiF", "$sSa4mainE3fooyyF", "$sSa4mainSiRszlE3fooyyF", "$ss12_ArrayBufferV4mainE3fooyyF",
        "$sSo8NSObjectC4mainE3fooyyF", "_ZN4shop8checkout17h0123456789abcdefE", "allocate_session", "freeze",
        "stdlib_like", "_ZN7stdlike1fEv", "_RNvXC4shopNtC4shop4CartNtC4core5Clone5clone",
        "_RNvXC4shopINtC5alloc3VechENtC4shop4Sale3sum",
        "_ZN49_$LT$shop..Cart$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE", "_RNvCu5foo_a3bar",
        "sdsfree_like",
    ])
    func everythingElseIsTheApplications(name: String) throws {
        #expect(try origin(name) == .application)
    }

    /// The compiler gives no linkage name to what it inlines for a lambda.
    @Test func templatesWithoutAScopeAreJudgedByTheirFile() throws {
        let rules = FrameRules()
        func origin(_ name: String, _ file: String) -> FrameOrigin {
            rules.origin(of: Frame(function: name, systemName: name, file: file, isInlined: true), module: "/opt/app")
        }
        #expect(origin("thread<make_pool()::<lambda()> >", "/usr/include/c++/12/bits/std_thread.h") == .container)
        #expect(origin("emplace_back<main::<lambda()> >", "/usr/lib/llvm/include/c++/v1/vector") == .container)
        #expect(origin("for_each<make_pool()::<lambda()> >", "/opt/app/each.h") == .application)
    }

    @Test func framesWithoutANameAreJudgedByTheirModule() throws {
        let rules = FrameRules()
        #expect(rules.origin(of: Frame(), module: "/lib/x86_64-linux-gnu/libc.so.6") == .runtime)
        #expect(rules.origin(of: Frame(), module: "/usr/lib/libjemalloc.so.2") == .allocator)
        #expect(rules.origin(of: Frame(), module: "/opt/swift/usr/lib/swift/linux/libswiftCore.so") == .runtime)
        #expect(rules.origin(of: Frame(), module: "/usr/bin/service") == .application)
        #expect(rules.origin(of: Frame(), module: "") == .application)
    }

    @Test func ownPatternsComeFirst() throws {
        let rules = FrameRules([(try Pattern("^shop::pool_"), .allocator), (try Pattern("malloc$"), .application)])
        #expect(rules.origin(of: Frame(function: "shop::pool_take()"), module: "") == .allocator)
        #expect(rules.origin(of: Frame(function: "malloc"), module: "") == .application)
        #expect(rules.origin(of: Frame(function: "calloc"), module: "") == .allocator)
    }
}
