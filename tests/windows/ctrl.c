/* Presses Ctrl-C, which no safe Rust does:
 *
 *     ctrl FILE PROGRAM ARGUMENTS...
 *
 * starts the program on a console of its own, waits until FILE is there (after it a size may stand: FILE>4096), presses the keys, and ends with the exit code of
 * the program. Exit code 99 means that this program itself failed. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TROUBLE 99
/* A minute, at five milliseconds each. */
#define MOST_TRIES 12000

static BOOL WINAPI ignore(DWORD event) { (void)event; return TRUE; }

static int fail(const char *what) {
    fprintf(stderr, "ctrl: %s failed: error %lu\n", what, GetLastError());
    return TROUBLE;
}

static int is_there(const wchar_t *path, ULONGLONG size) {
    HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER found;
    int there;
    if (file == INVALID_HANDLE_VALUE) return 0;
    there = GetFileSizeEx(file, &found) && (ULONGLONG)found.QuadPart >= size;
    CloseHandle(file);
    return there;
}

int wmain(int argc, wchar_t **argv) {
    wchar_t command[32768] = L"";
    STARTUPINFOW startup;
    PROCESS_INFORMATION process;
    ULONGLONG size = 0;
    DWORD code;
    wchar_t *mark;
    int at, tries;

    if (argc < 3) {
        fputs("ctrl FILE PROGRAM ARGUMENTS...\n", stderr);
        return TROUBLE;
    }
    mark = wcschr(argv[1], L'>');
    if (mark != NULL) { *mark = 0; size = _wcstoui64(mark + 1, NULL, 10); }
    /* The arguments of tests have no quotes in them. */
    for (at = 2; at < argc; at++) {
        wcscat(command, at > 2 ? L" \"" : L"\"");
        wcscat(command, argv[at]);
        wcscat(command, L"\"");
    }
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    /* Before the console is another one: handles of this process may be set to that. */
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    FreeConsole();
    if (!AllocConsole()) return fail("AllocConsole");
    SetConsoleCtrlHandler(NULL, FALSE);
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) return fail("CreateProcess");
    SetConsoleCtrlHandler(ignore, TRUE);
    for (tries = 0; !is_there(argv[1], size); tries++) {
        if (WaitForSingleObject(process.hProcess, 5) == WAIT_OBJECT_0) return fail("waiting for the file, before which the program ended,");
        if (tries > MOST_TRIES) {
            TerminateProcess(process.hProcess, TROUBLE);
            return fail("waiting for the file");
        }
    }
    if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) return fail("GenerateConsoleCtrlEvent");
    if (WaitForSingleObject(process.hProcess, 60000) != WAIT_OBJECT_0) {
        TerminateProcess(process.hProcess, TROUBLE);
        return fail("waiting for the end");
    }
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
