//! The rules that come with evql, embedded in the binary.

use super::discover::FileReport;
use super::file::parse_toml;
use super::rule::{Rule, RuleSet};
use crate::base::Each;
use std::sync::OnceLock;

/// Name, with its folder, and text of each file.
macro_rules! embedded {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("builtin/", $name)))),*] };
}

/// All of them; a test holds that this is the folder. A list and not a search at build time: it needs neither a build script nor a crate.
const FILES: &[(&str, &str)] = embedded! {
    "collection/archive_with_password.toml"
    "command_and_control/dns_then_connection_to_file_sharing.toml"
    "command_and_control/interpreter_takes_connection.toml"
    "command_and_control/port_forwarding_command.toml"
    "command_and_control/system_tool_downloads.toml"
    "command_and_control/web_or_user_process_tunnels_to_local_service.toml"
    "credential_access/credential_protection_disabled.toml"
    "credential_access/dump_tool_command_line.toml"
    "credential_access/kerberos_by_unusual_program.toml"
    "credential_access/lsa_package_registered.toml"
    "credential_access/lsass_dump_file.toml"
    "credential_access/lsass_loads_unusual_library.toml"
    "credential_access/lsass_memory_opened.toml"
    "credential_access/lsass_opened_then_file_written.toml"
    "credential_access/registry_hive_saved.toml"
    "credential_access/stored_passwords_searched.toml"
    "defense_evasion/alternate_data_stream_with_code.toml"
    "defense_evasion/boot_configuration_weakened.toml"
    "defense_evasion/core_process_opened_with_full_rights.toml"
    "defense_evasion/defender_weakened.toml"
    "defense_evasion/direct_system_call.toml"
    "defense_evasion/event_log_cleared.toml"
    "defense_evasion/event_log_service_crashed.toml"
    "defense_evasion/help_hta_or_package_starts_interpreter.toml"
    "defense_evasion/injection_then_connection.toml"
    "defense_evasion/lolbin_runs_given_command.toml"
    "defense_evasion/msbuild_or_installutil_proxy.toml"
    "defense_evasion/mshta_url_or_inline_script.toml"
    "defense_evasion/network_connection_via_registration_utility.toml"
    "defense_evasion/office_program_outside_its_folder.toml"
    "defense_evasion/powershell_execution_policy_lowered.toml"
    "defense_evasion/powershell_protection_disabled.toml"
    "defense_evasion/process_tampering.toml"
    "defense_evasion/program_in_unusual_folder.toml"
    "defense_evasion/quiet_tool_connects.toml"
    "defense_evasion/regsvr32_remote_or_user_scriptlet.toml"
    "defense_evasion/remote_thread_by_user_program.toml"
    "defense_evasion/renamed_system_tool.toml"
    "defense_evasion/rundll32_connects.toml"
    "defense_evasion/rundll32_library_in_user_folder.toml"
    "defense_evasion/rundll32_proxy_export.toml"
    "defense_evasion/sysmon_reconfigured_or_failing.toml"
    "defense_evasion/sysmon_stopped.toml"
    "defense_evasion/sysmon_tampering_command.toml"
    "defense_evasion/system_host_without_arguments.toml"
    "defense_evasion/system_name_in_wrong_folder.toml"
    "defense_evasion/system_process_with_wrong_parent.toml"
    "defense_evasion/timestomping.toml"
    "defense_evasion/xsl_script_processing.toml"
    "discovery/discovery_burst.toml"
    "discovery/domain_discovery.toml"
    "discovery/many_service_pipes_opened.toml"
    "discovery/powershell_asks_directory.toml"
    "discovery/remote_session_enumeration.toml"
    "discovery/whoami_as_system.toml"
    "execution/browser_or_reader_starts_interpreter.toml"
    "execution/connected_user_program_starts_shell.toml"
    "execution/interpreter_drops_program_that_starts.toml"
    "execution/interpreter_starts_program_in_user_folder.toml"
    "execution/netcat_with_shell.toml"
    "execution/offensive_tool_command_line.toml"
    "execution/office_starts_interpreter.toml"
    "execution/powershell_download_in_command_line.toml"
    "execution/powershell_encoded_command.toml"
    "execution/powershell_payload_in_memory.toml"
    "execution/runmru_command_pasted.toml"
    "execution/script_host_connects.toml"
    "execution/script_host_runs_file_from_user_folder.toml"
    "execution/service_control_starts_shell.toml"
    "execution/shell_with_output_to_admin_share.toml"
    "execution/wmi_starts_interpreter.toml"
    "exfiltration/copy_to_cloud_storage.toml"
    "impact/recovery_inhibited.toml"
    "lateral_movement/dcom_object_takes_connection.toml"
    "lateral_movement/dcom_starts_shell.toml"
    "lateral_movement/file_over_smb_then_started.toml"
    "lateral_movement/file_written_over_smb_to_system.toml"
    "lateral_movement/null_session_or_share_opened.toml"
    "lateral_movement/program_from_remote_desktop_drive.toml"
    "lateral_movement/psexec_style_service.toml"
    "lateral_movement/rdp_client_library_in_other_program.toml"
    "lateral_movement/rdp_configuration_changed.toml"
    "lateral_movement/remote_execution_from_here.toml"
    "lateral_movement/service_task_or_autostart_after_remote_pipe.toml"
    "lateral_movement/winrm_command.toml"
    "persistence/accessibility_back_door.toml"
    "persistence/account_data_written_directly.toml"
    "persistence/application_shim.toml"
    "persistence/com_object_hijacked.toml"
    "persistence/image_file_execution_options.toml"
    "persistence/library_loaded_everywhere.toml"
    "persistence/local_account_hidden.toml"
    "persistence/local_account_made_then_administrator.toml"
    "persistence/rare_autostart_value.toml"
    "persistence/run_key_with_suspicious_command.toml"
    "persistence/run_key_written_remotely.toml"
    "persistence/scheduled_task_suspicious.toml"
    "persistence/scheduled_task_then_shell_as_system.toml"
    "persistence/service_with_suspicious_command.toml"
    "persistence/startup_folder_file.toml"
    "persistence/web_server_starts_shell.toml"
    "persistence/winlogon_helper.toml"
    "persistence/wmi_subscription.toml"
    "persistence/wmi_subscription_by_command.toml"
    "privilege_escalation/driver_dropped_then_loaded.toml"
    "privilege_escalation/known_vulnerable_or_unsigned_driver.toml"
    "privilege_escalation/mock_trusted_folder.toml"
    "privilege_escalation/pipe_impersonation_by_service.toml"
    "privilege_escalation/pipe_of_attack_tool.toml"
    "privilege_escalation/print_spooler_abused.toml"
    "privilege_escalation/registry_symbolic_link.toml"
    "privilege_escalation/system_process_starts_shell.toml"
    "privilege_escalation/uac_auto_elevated_starts_shell.toml"
    "privilege_escalation/uac_elevated_com_object.toml"
    "privilege_escalation/uac_environment_hijacked.toml"
    "privilege_escalation/uac_handler_hijacked_in_registry.toml"
    "privilege_escalation/unquoted_service_path.toml"
    "privilege_escalation/unsigned_library_in_system_program.toml"
    "privilege_escalation/user_program_starts_child_as_system.toml"
    "privilege_escalation/wusa_extracts_into_windows.toml"
};

/// The built-in rules. A test holds that every embedded file loads.
pub fn builtin() -> RuleSet {
    builtin_with(&|count, job| (0..count).for_each(job))
}

/// The built-in rules, which are compiled as `each` says where that was not done before.
pub fn builtin_with(each: Each<'_>) -> RuleSet {
    // Compiled once: tests of detections and programs with several scanners ask for them again and again.
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    let load = |(name, text): (&str, &str)| -> Option<Rule> {
        let mut rule = parse_toml(text).rule?;
        rule.origin.file = shown(name).into();
        Some(rule)
    };
    let compile = || {
        let rules: Vec<OnceLock<Option<Rule>>> = FILES.iter().map(|_| OnceLock::new()).collect();
        each(FILES.len(), &|at| {
            rules[at].get_or_init(|| load(FILES[at]));
        });
        RuleSet { rules: rules.into_iter().filter_map(|rule| rule.into_inner().flatten()).collect() }
    };
    RULES.get_or_init(compile).clone()
}

/// The rule about registration utilities by itself: tests run it where they are about something else than the rules, since it stays as it is when rules are
/// added.
#[cfg(test)]
pub fn mission() -> RuleSet {
    builtin().only("Network Connection via Registration Utility")
}

/// The texts of the files that the built-in rules stand in, to show places in them.
pub fn builtin_files() -> Vec<FileReport> {
    let report =
        |&(name, text): &(&str, &str)| FileReport { path: shown(name), text: text.to_owned(), diagnostics: Vec::new() };
    FILES.iter().map(report).collect()
}

/// How a file inside the binary is named.
fn shown(name: &str) -> String {
    format!("builtin/{name}")
}

#[cfg(test)]
mod tests;
