/**
 * The keywords of keepalived.conf and what each of them may hold between braces. A table, because keepalived takes a
 * brace by what it belongs to: that of a keyword that it does not know is skipped, and its } closes the block around it.
 * Source: install_keyword() in keepalived 2.2.7 and, for what came later, 2.3.4: the files are named below. Pure.
 */

/**
 * What may stand behind a keyword: 'line', nothing but words; 'values', a block whose lines begin with no keyword
 * (alloc_value_block()); or a block of the keywords named.
 */
export type Holds = 'line' | 'values' | Keywords;
export type Keywords = ReadonlyMap<string, Holds>;

interface Parts {
  readonly lines?: string;
  readonly values?: string;
  readonly blocks?: Readonly<Record<string, Keywords>>;
}

function keywords({ lines = '', values = '', blocks = {} }: Parts): Keywords {
  const named = (names: string, holds: Holds) =>
    names
      .split(/\s+/)
      .filter((name) => name !== '')
      .map((name): [string, Holds] => [name, holds]);
  return new Map([...named(lines, 'line'), ...named(values, 'values'), ...Object.entries(blocks)]);
}

/** check_api.c, install_checker_common_keywords(). */
const TIMES = 'retry delay_before_retry warmup delay_loop alpha log_all_failures';
const CONNECTION = `${TIMES} connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark`;

/** check_http.c */
const HTTP = keywords({
  lines: `${CONNECTION} nb_get_retry virtualhost http_protocol enable_sni sni_name fast_recovery tls_compliant`,
  blocks: {
    url: keywords({
      lines: `path digest status_code virtualhost regex regex_no_match regex_options regex_min_offset regex_max_offset
        regex_stack tls_compliant`,
    }),
  },
});

/** check_parser.c, and the check_*.c beside it. */
const REAL_SERVER = keywords({
  lines: `weight lvs_method uthreshold lthreshold inhibit_on_failure notify_up notify_down alpha retry
    delay_before_retry warmup connect_timeout delay_loop smtp_alert virtualhost snmp_name`,
  blocks: {
    TCP_CHECK: keywords({ lines: CONNECTION }),
    PING_CHECK: keywords({ lines: CONNECTION }),
    UDP_CHECK: keywords({ lines: `${CONNECTION} payload require_reply min_reply_length max_reply_length` }),
    DNS_CHECK: keywords({ lines: `${CONNECTION} type name` }),
    SMTP_CHECK: keywords({ lines: `${CONNECTION} helo_name`, blocks: { host: keywords({ lines: CONNECTION }) } }),
    HTTP_GET: HTTP,
    SSL_GET: HTTP,
    MISC_CHECK: keywords({ lines: `${TIMES} misc_path misc_timeout misc_dynamic user` }),
    FILE_CHECK: keywords({ lines: 'track_file weight' }),
    BFD_CHECK: keywords({ lines: 'name alpha' }),
  },
});

const VIRTUAL_SERVER = keywords({
  lines: `ip_family retry delay_before_retry warmup connect_timeout delay_loop inhibit_on_failure lb_algo lvs_sched
    hashed ops flag-1 flag-2 flag-3 sh-port sh-fallback mh-port mh-fallback lb_kind lvs_method persistence_engine
    persistence_timeout persistence_granularity protocol ha_suspend smtp_alert virtualhost snmp_name alpha omega
    quorum_up quorum_down quorum hysteresis weight sorry_server sorry_server_inhibit sorry_server_lvs_method`,
  blocks: { real_server: REAL_SERVER },
});

/** vrrp_parser.c */
const VRRP_INSTANCE = keywords({
  lines: `use_vmac use_vmac_addr vmac_xmit_base use_ipvlan unicast_fault_no_peer check_unicast_src
    old_unicast_checksum native_ipv6 state interface vrf dont_track_primary mcast_src_ip unicast_src_ip mcast_dst_ip
    track_src_ip virtual_router_id unicast_ttl version priority advert_int promote_secondaries linkbeat_use_polling
    accept no_accept skip_check_adv_addr strict_mode preempt nopreempt preempt_delay debug notify_backup notify_master
    notify_fault notify_stop notify_deleted notify notify_master_rx_lower_pri smtp_alert notify_priority_changes
    lvs_sync_daemon_interface garp_master_delay garp_master_refresh garp_master_repeat garp_master_refresh_repeat
    garp_lower_prio_delay garp_lower_prio_repeat down_timer_adverts garp_extra_if vmac_garp_intvl
    lower_prio_no_advert higher_prio_send_advert kernel_rx_buf_size no_virtual_ipaddress owner_ignore_adverts
    thread_timer_expired timer_expired_backup v3_checksum_as_v2`,
  values: `unicast_peer track_interface track_script track_file track_process track_bfd virtual_ipaddress
    virtual_ipaddress_excluded virtual_routes virtual_rules`,
  blocks: {
    authentication: keywords({ lines: 'auth_type auth_pass' }),
    auth_hmac: keywords({ lines: 'key active_key time_window anti_replay mode' }),
  },
});

const SYNC_GROUP = keywords({
  lines: `notify_backup notify_master notify_fault notify_stop notify smtp_alert global_tracking
    sync_group_tracking_weight notify_priority_changes`,
  values: 'group track_interface track_script track_file track_process track_bfd',
});

/** global_parser.c */
const GLOBAL_DEFS = keywords({
  lines: `process_names process_name vrrp_process_name checker_process_name lvs_process_name bfd_process_name
    use_symlink_paths set_supplementary_groups router_id notification_email_from smtp_server smtp_helo_name
    smtp_connect_timeout smtp_alert startup_script startup_script_timeout shutdown_script shutdown_script_timeout
    max_auto_priority min_auto_priority_delay smtp_alert_vrrp smtp_alert_checker checker_log_all_failures
    dynamic_interfaces no_email_faults default_interface disable_local_igmp v3_checksum_as_v2 lvs_timeouts lvs_flush
    lvs_flush_on_stop lvs_flush_onstop lvs_sync_daemon vrrp_mcast_group4 vrrp_mcast_group6 vrrp_garp_master_delay
    vrrp_garp_master_repeat vrrp_garp_master_refresh vrrp_garp_master_refresh_repeat vrrp_garp_lower_prio_delay
    vrrp_garp_lower_prio_repeat vrrp_down_timer_adverts vrrp_garp_interval vrrp_gna_interval vrrp_min_garp
    vrrp_garp_extra_if vrrp_vmac_garp_intvl vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert vrrp_version
    vrrp_iptables vrrp_ipsets nftables nftables_priority nftables_ifindex nftables_ipvs nftables_ipvs_priority
    nftables_ipvs_start_fwmark nftables_counters vrrp_check_unicast_src vrrp_skip_check_adv_addr vrrp_strict
    vrrp_priority vrrp_no_swap vrrp_rt_priority vrrp_cpu_affinity vrrp_rlimit_rttime vrrp_rlimit_rtime notify_fifo
    notify_fifo_script vrrp_notify_fifo vrrp_notify_fifo_script vrrp_notify_priority_changes
    fifo_write_vrrp_states_on_reload lvs_notify_fifo lvs_notify_fifo_script checker_priority checker_no_swap
    checker_rt_priority checker_cpu_affinity checker_rlimit_rttime checker_rlimit_rtime bfd_priority bfd_no_swap
    bfd_rt_priority bfd_cpu_affinity bfd_rlimit_rttime bfd_rlimit_rtime snmp_socket enable_traps enable_snmp_vrrp
    enable_snmp_keepalived enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 enable_snmp_checker
    snmp_vs_stats_update_interval snmp_rs_stats_update_interval enable_dbus dbus_service_name dbus_no_interface_name
    script_user enable_script_security vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force
    vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs
    process_monitor_rcv_bufs_force lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force
    lvs_netlink_monitor_rcv_bufs lvs_netlink_monitor_rcv_bufs_force rs_init_notifies no_checker_emails
    vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier vrrp_startup_delay vrrp_delay_after_boot log_unknown_vrids
    vrrp_owner_ignore_adverts vmac_prefix vmac_addr_prefix umask random_seed reload_check_config reload_time_file
    reload_repeat reload_file include_check config_save_dir tmp_config_directory data_use_instance json_version
    iproute_usr_dir iproute_etc_dir state_dump_file stats_dump_file json_dump_file`,
  values: 'notification_email',
});

const TRACK_FILE = keywords({ lines: 'file weight init_file' });

/** What may stand outside of every block. */
export const TOP = keywords({
  lines: `linkbeat_use_polling net_namespace net_namespace_ipvs namespace_with_ipsets use_pid_dir instance
    child_wait_time`,
  values: `static_ipaddress static_routes static_rules linkbeat_interfaces interface_up_down_delays
    virtual_server_group`,
  blocks: {
    global_defs: GLOBAL_DEFS,
    vrrp_instance: VRRP_INSTANCE,
    vrrp_sync_group: SYNC_GROUP,
    vrrp_script: keywords({ lines: 'script interval timeout weight rise fall user init_fail' }),
    vrrp_track_process: keywords({
      lines: 'process param_match weight quorum quorum_max delay terminate_delay fork_delay full_command',
    }),
    track_file: TRACK_FILE,
    vrrp_track_file: TRACK_FILE,
    track_group: keywords({ values: 'group' }),
    garp_group: keywords({ lines: 'garp_interval gna_interval interface', values: 'interfaces' }),
    virtual_server: VIRTUAL_SERVER,
    SSL: keywords({ lines: 'password ca certificate key' }),
    // bfd_parser.c
    bfd_instance: keywords({
      lines: `source_ip neighbor_ip neighbour_ip min_rx min_tx idle_tx multiplier passive ttl hoplimit max_hops
        multihop weight vrrp checker`,
    }),
  },
});
