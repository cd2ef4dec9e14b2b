/* The one function of bcryptprimitives.dll that Rust's standard library calls, for Wine 8, which has no such library. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(unsigned char *bytes, SIZE_T count) {
    /* The standard library asks for a few bytes at a time. */
    return RtlGenRandom(bytes, (ULONG)count);
}
