/** keepalived configurations as they are found on servers. Each of them must be one that keepalived itself takes. */

export interface Parts {
  readonly interface: string;
  readonly globals?: string;
  readonly instance?: string;
  readonly vips?: string;
  readonly server?: string;
  readonly port?: number;
  readonly more?: string;
}

/** The seed article's last configuration (shared by both of its servers but for the priority), its comments put right. */
export function article(device: string): string {
  return `! Configuration File for keepalived
global_defs {
   router_id LVS_DEVEL
}
vrrp_instance VI_1 {
    state BACKUP
    interface ${device}
    virtual_router_id 51
    priority 99
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass geheim11
    }
    virtual_ipaddress {
        192.168.81.229/24
    }
    notify_master "/etc/keepalived/notify_master.sh"
    notify_backup "/etc/keepalived/notify_backup.sh"
}
virtual_server 192.168.81.229 6379 {
    delay_loop 6 # Check real_server status
    lb_algo rr
    lb_kind DR
    # persistence_timeout 60 # session persistence time
    protocol TCP
    real_server 192.168.81.51 6379 {
        weight 1
        TCP_CHECK {
          connect_port    6379
          connect_timeout 3
        }
    }
    real_server 192.168.81.234 6379 {
        weight 1
        TCP_CHECK {
          connect_port    6379
          connect_timeout 3
        }
    }
}
`;
}

/** Its notify_master.sh, as far as it matters here. */
export const NOTIFY_MASTER = `#!/bin/sh
echo "0" >/proc/sys/net/ipv4/conf/all/arp_ignore
diff /etc/keepalived/keepalived.conf /etc/keepalived/master.conf
if test "$?" != "0"; then
    cp /etc/keepalived/master.conf /etc/keepalived/keepalived.conf
    killall -HUP keepalived
fi
`;

/** A pool of two with VRRP version 3, of which parts may be others. */
export function pool(parts: Parts): string {
  const { globals = '', instance = '', vips = '192.168.81.229/32', server = '', port = 6379, more = '' } = parts;
  return `global_defs {
  vrrp_version 3
${globals}
}
vrrp_instance VI_1 {
  state BACKUP
  nopreempt
  interface ${parts.interface}
  virtual_router_id 51
  priority 200
  advert_int 0.2
  virtual_ipaddress {
    ${vips}
  }
${instance}
}
virtual_server 192.168.81.229 ${port} {
  lvs_sched wrr
  lvs_method DR
  protocol TCP
${server}
  real_server 192.168.81.51 ${port} {
    weight 100
    TCP_CHECK {
    }
  }
  real_server 192.168.81.234 ${port} {
    weight 100
    TCP_CHECK {
    }
  }
}
${more}`;
}

/** A virtual server of two, in one piece. */
export function server(head: string, keys: string, members: readonly string[]): string {
  const servers = members.map((one) => `  real_server ${one} {\n    TCP_CHECK {\n    }\n  }\n`).join('');
  const protocol = keys.includes('protocol') ? '' : 'protocol TCP\n';
  return `virtual_server ${head} {\n${keys}\n${protocol}${servers}}\n`;
}
