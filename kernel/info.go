package kernel

import (
	"cmp"
	"context"
	"runtime"
	"strings"

	"lockstep/kernel/wire"
)

// info handles kernel_info_request.
func (k *Kernel) info(context.Context, *request) (any, error) {
	language := k.opts.LanguageInfo
	if language == (wire.LanguageInfo{}) {
		language = goLanguage
	}
	return wire.KernelInfoReplyContent{
		Status:                wire.StatusOK,
		ProtocolVersion:       wire.ProtocolVersion,
		Implementation:        cmp.Or(k.opts.Implementation, "lockstep"),
		ImplementationVersion: cmp.Or(k.opts.ImplementationVersion, "0"),
		LanguageInfo:          language,
		Banner:                k.opts.Banner,
		HelpLinks:             k.opts.HelpLinks,
	}, nil
}

var goLanguage = wire.LanguageInfo{
	Name:           "go",
	Version:        strings.TrimPrefix(runtime.Version(), "go"),
	MIMEType:       "text/x-go",
	FileExtension:  ".go",
	PygmentsLexer:  "go",
	CodeMirrorMode: "go",
}

// connect handles connect_request.
func (k *Kernel) connect(context.Context, *request) (any, error) {
	info := k.wire.Info()
	return wire.ConnectReplyContent{
		Status:      wire.StatusOK,
		ShellPort:   info.ShellPort,
		IOPubPort:   info.IOPubPort,
		StdinPort:   info.StdinPort,
		ControlPort: info.ControlPort,
		HBPort:      info.HBPort,
	}, nil
}
