//! Programs that come with Windows, and the folders in which Windows keeps them.
//!
//! Chosen are those that attackers imitate or bring along renamed, and of which no other vendor ships one of the same name: `curl`, `find` or `notepad` lie in
//! many places. Written from what Microsoft documents of each.

/// Folders below that of Windows. A star at the end stands for anything that goes on like this.
type Folders = &'static [&'static str];

/// The folder of the 64-bit system only: there is no 32-bit version.
const SYSTEM: Folders = &["System32"];
/// Both folders of the system.
const BOTH: Folders = &["System32", "SysWOW64"];
/// The folder of Windows itself, and the 32-bit version.
const ROOT: Folders = &["", "SysWOW64"];
const WBEM: Folders = &["System32\\wbem", "SysWOW64\\wbem"];
const POWERSHELL: Folders = &["System32\\WindowsPowerShell\\v1.0", "SysWOW64\\WindowsPowerShell\\v1.0"];
const FRAMEWORK: Folders = &["Microsoft.NET\\Framework*"];

/// A program that comes with Windows.
#[derive(Clone, Copy, Debug)]
pub struct WindowsProgram {
    /// The name of its file, in small letters.
    pub name: &'static str,
    folders: Folders,
}

/// Sorted by name.
static PROGRAMS: &[WindowsProgram] = &[
    of("at.exe", BOTH),
    of("atbroker.exe", BOTH),
    of("audiodg.exe", SYSTEM),
    of("bcdedit.exe", SYSTEM),
    of("bitsadmin.exe", BOTH),
    of("certreq.exe", BOTH),
    of("certutil.exe", BOTH),
    of("cmd.exe", BOTH),
    of("cmdkey.exe", BOTH),
    of("cmstp.exe", BOTH),
    of("conhost.exe", SYSTEM),
    of("consent.exe", SYSTEM),
    of("cscript.exe", BOTH),
    of("csrss.exe", SYSTEM),
    of("ctfmon.exe", BOTH),
    of("diskshadow.exe", BOTH),
    of("displayswitch.exe", SYSTEM),
    of("dllhost.exe", BOTH),
    of("dwm.exe", SYSTEM),
    of("esentutl.exe", BOTH),
    of("eventvwr.exe", BOTH),
    of("explorer.exe", ROOT),
    of("extrac32.exe", BOTH),
    of("fodhelper.exe", BOTH),
    of("fontdrvhost.exe", BOTH),
    of("forfiles.exe", BOTH),
    of("gpscript.exe", BOTH),
    of("hh.exe", ROOT),
    of("ieexec.exe", FRAMEWORK),
    of("infdefaultinstall.exe", BOTH),
    of("installutil.exe", FRAMEWORK),
    of("logonui.exe", SYSTEM),
    of("lsaiso.exe", SYSTEM),
    of("lsass.exe", SYSTEM),
    of("lsm.exe", SYSTEM),
    of("magnify.exe", BOTH),
    of("mavinject.exe", BOTH),
    of("mmc.exe", BOTH),
    of("mofcomp.exe", WBEM),
    of("mshta.exe", BOTH),
    of("msiexec.exe", BOTH),
    of("narrator.exe", SYSTEM),
    of("net.exe", BOTH),
    of("net1.exe", BOTH),
    of("netsh.exe", BOTH),
    of("nltest.exe", BOTH),
    of("ntdsutil.exe", SYSTEM),
    of("odbcconf.exe", BOTH),
    of("osk.exe", BOTH),
    of("pcalua.exe", SYSTEM),
    of("powershell.exe", POWERSHELL),
    of("powershell_ise.exe", POWERSHELL),
    of("presentationhost.exe", BOTH),
    of("rdpclip.exe", SYSTEM),
    of("reg.exe", BOTH),
    of("regasm.exe", FRAMEWORK),
    of("regedit.exe", ROOT),
    of("regsvcs.exe", FRAMEWORK),
    of("regsvr32.exe", BOTH),
    of("rundll32.exe", BOTH),
    of("runtimebroker.exe", SYSTEM),
    of("sc.exe", BOTH),
    of("schtasks.exe", BOTH),
    of("scrcons.exe", WBEM),
    of("searchfilterhost.exe", BOTH),
    of("searchindexer.exe", BOTH),
    of("searchprotocolhost.exe", BOTH),
    of("services.exe", SYSTEM),
    of("sethc.exe", BOTH),
    of("sihost.exe", SYSTEM),
    of("smss.exe", SYSTEM),
    of("spoolsv.exe", SYSTEM),
    of("svchost.exe", BOTH),
    of("systeminfo.exe", BOTH),
    of("taskeng.exe", BOTH),
    of("taskhost.exe", SYSTEM),
    of("taskhostex.exe", SYSTEM),
    of("taskhostw.exe", SYSTEM),
    of("taskmgr.exe", BOTH),
    of("trustedinstaller.exe", &["servicing"]),
    of("tscon.exe", SYSTEM),
    of("unsecapp.exe", WBEM),
    of("userinit.exe", BOTH),
    of("utilman.exe", BOTH),
    of("vssadmin.exe", BOTH),
    of("wbadmin.exe", SYSTEM),
    of("werfault.exe", BOTH),
    of("wermgr.exe", BOTH),
    of("wevtutil.exe", BOTH),
    of("whoami.exe", BOTH),
    of("wininit.exe", SYSTEM),
    of("winlogon.exe", SYSTEM),
    of("wmiapsrv.exe", WBEM),
    of("wmic.exe", WBEM),
    of("wmiprvse.exe", WBEM),
    of("wscript.exe", BOTH),
    of("wsmprovhost.exe", BOTH),
    of("xwizard.exe", BOTH),
];

const fn of(name: &'static str, folders: Folders) -> WindowsProgram {
    WindowsProgram { name, folders }
}

/// The program of a name in small letters.
pub fn windows_program(name: &str) -> Option<&'static WindowsProgram> {
    PROGRAMS.binary_search_by(|program| program.name.cmp(name)).ok().map(|at| &PROGRAMS[at])
}

impl WindowsProgram {
    /// Whether Windows keeps the program in a folder, given below that of Windows.
    pub fn is_at_home_in(&self, folder: &str) -> bool {
        // What a 32-bit program sees of the folder of the 64-bit system.
        let seen = folder.get(..SEEN_AS.len()).filter(|start| start.eq_ignore_ascii_case(SEEN_AS));
        let folder = seen.map_or_else(|| folder.into(), |seen| format!("System32{}", &folder[seen.len()..]));
        let begins = |start: &str| folder.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        let fits = |home: &&str| match home.strip_suffix('*') {
            Some(start) => begins(start),
            None => folder.eq_ignore_ascii_case(home),
        };
        // The component store has a copy of every file, and what services the system runs from there.
        begins("WinSxS\\") || self.folders.iter().any(fits)
    }

    /// Its folders for people: `\Windows\System32 or \Windows\SysWOW64`.
    pub fn homes(&self) -> String {
        let home = |folder: &&str| match folder.trim_end_matches('*') {
            "" => "\\Windows".to_owned(),
            folder => format!("\\Windows\\{folder}"),
        };
        self.folders.iter().map(home).collect::<Vec<_>>().join(" or ")
    }
}

/// The name of the folder of the 64-bit system for 32-bit programs.
const SEEN_AS: &str = "sysnative";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_in_small_letters() {
        assert!(PROGRAMS.is_sorted_by(|one, next| one.name < next.name));
        for WindowsProgram { name, folders } in PROGRAMS {
            assert!(!folders.is_empty() && name.to_ascii_lowercase() == *name, "{name}");
            assert!(windows_program(name).is_some_and(|found| found.name == *name));
        }
    }

    #[test]
    fn homes_are_told_and_found() {
        let at_home = |name: &str, folder: &str| windows_program(name).unwrap().is_at_home_in(folder);
        assert!(at_home("svchost.exe", "system32") && at_home("svchost.exe", "syswow64"));
        assert!(at_home("svchost.exe", "sysnative"));
        assert!(at_home("svchost.exe", "winsxs\\amd64_microsoft-windows-services-svchost_1_2_3"));
        assert!(at_home("regasm.exe", "microsoft.net\\framework64\\v4.0.30319"));
        assert!(at_home("explorer.exe", ""));
        assert!(!at_home("explorer.exe", "system32") && !at_home("lsass.exe", "syswow64"));
        assert!(!at_home("svchost.exe", "system32\\drivers") && !at_home("svchost.exe", "winsxsx"));
        assert_eq!(windows_program("hh.exe").unwrap().homes(), "\\Windows or \\Windows\\SysWOW64");
    }
}
