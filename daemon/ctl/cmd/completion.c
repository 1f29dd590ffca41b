/* recurctl completion: what the shell completes, made of the table of commands. */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

static const struct ctl_option options[] = { { .name = NULL } };

static const char head[] = "# bash completion of recurctl; made by: recurctl completion bash\n"
			   "_recurctl() {\n"
			   "\tlocal cur=${COMP_WORDS[COMP_CWORD]} command= word words\n"
			   "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
			   "\t\t[[ $word == -* ]] || { command=$word; break; }\n"
			   "\tdone\n"
			   "\tcase $command in\n";
static const char tail[] = "\tesac\n"
			   "\tif [[ $cur == -* || -z $command ]]; then\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			   "\tfi\n"
			   "}\n"
			   "complete -o default -F _recurctl recurctl\n";

static void print_command(const struct ctl_command *command)
{
	printf("\t%s) words=\"--help", command->name);
	for (const struct ctl_option *option = command->options; option && option->name; option++)
		printf(" --%s", option->name);
	puts("\" ;;");
}

static void print_bash(void)
{
	fputs(head, stdout);
	for (size_t i = 0; i < ctl_commands_len; i++)
		print_command(ctl_commands[i]);
	fputs("\t*) command= words=\"--help --version --config --dsn --output", stdout);
	for (size_t i = 0; i < ctl_commands_len; i++)
		printf(" %s", ctl_commands[i]->name);
	fputs("\" ;;\n", stdout);
	fputs(tail, stdout);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	if (ctl_getopt(ctl, argc, argv) != -1 || optind + 1 != argc)
		return ctl_usage(ctl, "which shell: bash");
	if (strcmp(argv[optind], "bash") != 0)
		return ctl_usage(ctl, "bash is the shell that is known, not %s", argv[optind]);
	print_bash();
	return EX_OK;
}

static void print_more(void)
{
	puts("Prints what a shell completes: recurctl completion bash "
	     ">~/.local/share/bash-completion/completions/recurctl");
}

const struct ctl_command command_completion = { .name = "completion",
	.args = "bash",
	.help = "what a shell completes",
	.run = run,
	.options = options,
	.print_more = print_more };
