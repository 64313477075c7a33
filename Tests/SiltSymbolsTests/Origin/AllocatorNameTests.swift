// SPDX-License-Identifier: Apache-2.0
//
// Which names sound like an allocator's.

import SiltSymbols
import Testing

@Suite struct AllocatorNameTests {
    @Test(arguments: [
        "my_malloc", "x264_malloc", "av_mallocz", "av_buffer_realloc", "Perl_safesysmalloc", "apr_palloc", "uv__malloc",
        "xmlMalloc", "_emalloc", "_ferealloc2", "__zend_calloc", "my_multi_malloc_large", "av_strdup", "app::xmemdup",
        "app::Pool<int>::poolMalloc(unsigned long)", "git_realloc_array", "Pool.malloc(bytes:)",
    ])
    func functionsOfTheCLibraryWithAPrefixArePlain(name: String) { #expect(AllocatorName(of: name) == .plain) }

    @Test(arguments: [
        "__pool_alloc", "alloc_root", "alloc_new_proxy", "Arena::Allocate(unsigned long)", "Cache.allocateEntry()",
        "post_allocate_copy", "pool_alloc",
    ])
    func otherWordsOfAllocatingAreLikely(name: String) { #expect(AllocatorName(of: name) == .likely) }

    @Test(arguments: [
        "", "main", "pool_get_from_os", "session_new", "duplicate_session", "parse<malloc_tag>(int)",
        "malloc_ns::insert(int)", "(anonymous namespace)::insert(Allocator&)", "dup2",
    ])
    func everythingElseIsSilent(name: String) { #expect(AllocatorName(of: name) == .silent) }
}
